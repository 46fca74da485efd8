// Small helps on top of pages that work without it.
(function () {
  "use strict";
  // A failed form says so where a screen reader and the keyboard are.
  document.addEventListener("htmx:after:swap", function () {
    var summary = document.getElementById("error-summary");
    var title = document.title.replace("Ошибка · ", "");
    document.title = summary ? "Ошибка · " + title : title;
    if (summary) summary.focus();
  });
  // No connection: say it instead of doing nothing; the page and what was typed stay.
  document.addEventListener("htmx:error", function () {
    var status = document.getElementById("status");
    if (status) status.textContent = "Не удалось обновить: нет связи. Попробуйте еще раз.";
  });
})();
