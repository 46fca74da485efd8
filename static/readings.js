// Entry of readings: Enter goes on, a pasted column fills the table; the page works without it.
(function () {
  "use strict";
  var pasted;
  // Split a number pasted into the first box into its integer and fraction boxes.
  document.addEventListener("input", function (event) {
    var parts = event.target.dataset.split && event.target.value.split(/[.,]/);
    if (!parts || parts.length !== 2) return;
    var fraction = document.getElementById(event.target.dataset.split);
    event.target.value = parts[0];
    if (parts[1]) fraction.value = parts[1].trim();
    fraction.focus();
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || !event.target.closest(".boxes")) return;
    var boxes = Array.from(document.querySelectorAll(".boxes input"));
    event.preventDefault();
    (boxes[boxes.indexOf(event.target) + 1] || document.getElementById("go-on")).focus();
  });
  // The server parses a column, so that it is read alike with a script and without.
  document.addEventListener("paste", function (event) {
    var text = event.clipboardData.getData("text");
    var column = document.getElementById("column");
    if (!column || !event.target.closest(".boxes") || !/[\t\n\r]/.test(text.trim())) return;
    event.preventDefault();
    column.value = text;
    document.getElementById("at").value = event.target.name;
    document.getElementById("fill").click();
    pasted = true;
  });
  document.addEventListener("htmx:after:swap", function () {
    if (!pasted) return;
    pasted = false;
    if (!document.getElementById("error-summary")) document.getElementById("go-on").focus();
  });
})();
