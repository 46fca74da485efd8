// Copy and paste helpers; the pages work without them.
(function () {
  "use strict";
  // Copy a value to the clipboard, which browsers give to secure pages only.
  function copyable(value) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "btn plain copy";
    button.textContent = "Копировать";
    button.setAttribute("aria-label", "Копировать: " + value.textContent);
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(value.dataset.copy || value.textContent).then(function () {
        var status = document.getElementById("status");
        button.textContent = "Скопировано";
        if (status) status.textContent = "Скопировано: " + value.textContent;
      });
    });
    value.after(" ", button);
  }
  if (navigator.clipboard) document.querySelectorAll("[data-copy]").forEach(copyable);
  // Split a number pasted into the integer field into its integer and fraction fields.
  document.addEventListener("input", function (event) {
    var parts = event.target.dataset.split && event.target.value.split(/[.,]/);
    if (!parts || parts.length !== 2) return;
    var fraction = document.getElementById(event.target.dataset.split);
    event.target.value = parts[0];
    if (parts[1]) fraction.value = parts[1].trim();
    fraction.focus();
  });
})();
