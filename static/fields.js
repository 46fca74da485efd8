// Copying to the clipboard; the pages work without it.
(function () {
  "use strict";
  // Copy a value to the clipboard, which browsers give to secure pages only.
  function copyable(value) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.title = "Копировать";
    button.setAttribute("aria-label", "Копировать: " + value.textContent);
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(value.dataset.copy || value.textContent).then(function () {
        var status = document.getElementById("status");
        button.classList.add("done");
        if (status) status.textContent = "Скопировано: " + value.textContent;
      });
    });
    value.after(" ", button);
  }
  if (navigator.clipboard) document.querySelectorAll("[data-copy]").forEach(copyable);
})();
