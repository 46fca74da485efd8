// Progressive enhancement; the pages work without it.
(function () {
  "use strict";
  // Move the focus to what is wrong, else to where one goes on.
  document.addEventListener("htmx:after:swap", function () {
    var summary = document.getElementById("error-summary");
    var title = document.title.replace("Ошибка · ", "");
    document.title = summary ? "Ошибка · " + title : title;
    var next = summary || document.querySelector("#results [autofocus]");
    if (next) next.focus();
    else if (paged) begin(document.querySelector(paged));
    paged = "";
    enhance();
  });
  // A new page of a table begins at its top, for the eyes and for a screen reader.
  var paged = "";
  document.addEventListener("click", function (event) {
    var link = event.target.closest(".pager a");
    paged = link ? link.hash : "";
  });
  function begin(place) {
    var table = place && (place.querySelector("table") || place);
    if (!table) return;
    table.tabIndex = -1;
    table.focus({ preventScroll: true });
    table.scrollIntoView();
  }
  // No connection: show a message; the page and what was typed remain.
  document.addEventListener("htmx:error", function () {
    var status = document.getElementById("status");
    if (status) status.textContent = "Не удалось обновить: нет связи. Попробуйте еще раз.";
  });
  // A line that scrolls shows what has the focus, and at first its current item.
  document.addEventListener("focusin", function (event) {
    if (event.target.closest(".strip")) event.target.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  if (!CSS.supports("scroll-initial-target", "nearest"))
    document.querySelectorAll(".strip [aria-current]").forEach(function (link) {
      link.closest(".strip").scrollLeft = link.offsetLeft - 16;
    });
  // Toggle the visibility of a password.
  function reveal(input) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "btn plain reveal";
    button.setAttribute("aria-controls", input.id);
    function name() {
      button.textContent = input.type === "password" ? "Показать пароль" : "Скрыть пароль";
    }
    button.addEventListener("click", function () {
      input.type = input.type === "password" ? "text" : "password";
      name();
    });
    name();
    input.after(button);
  }
  // Disable a button for some seconds, and count them down beside it.
  function wait(button) {
    var left = Number(button.dataset.wait);
    var counter = button.form.querySelector("[data-countdown]");
    button.removeAttribute("data-wait");
    button.disabled = true;
    var timer = setInterval(function () {
      left -= 1;
      if (counter) counter.textContent = left;
      if (left > 0 && button.isConnected) return;
      clearInterval(timer);
      button.disabled = false;
      if (counter) counter.parentNode.hidden = true;
    }, 1000);
  }
  // Warn before a session ends, and extend it on request.
  var ending = document.getElementById("ending");
  if (ending) {
    var loaded = Date.now();
    var used = loaded;
    var deadline = function () {
      return Math.min(used + ending.dataset.idle * 1000, loaded + ending.dataset.left * 1000);
    };
    // The words are attributes: whoever reads without scripts sees none of them.
    var say = function (kind, tag, label) {
      var note = document.createElement("p");
      var next = document.createElement(tag);
      note.className = "note " + kind;
      note.append(ending.dataset[kind], next);
      next.className = "btn";
      next.textContent = label;
      next.href = ending.dataset.signIn;
      ending.replaceChildren(note);
    };
    var sayEnded = function () {
      say("bad", "a", "Войти");
    };
    document.addEventListener("htmx:after:swap", function () {
      if (document.querySelector("[data-poll]")) return;
      used = Date.now();
      ending.replaceChildren();
    });
    ending.addEventListener("click", function (event) {
      if (event.target.tagName !== "BUTTON") return;
      fetch(ending.dataset.url, { headers: { "HX-Request-Type": "partial" } }).then(function (answer) {
        if (!answer.ok) return sayEnded();
        used = Date.now();
        ending.replaceChildren();
      });
    });
    setInterval(function () {
      var left = deadline() - Date.now();
      if (left <= 0 && !ending.querySelector(".bad")) sayEnded();
      else if (left > 0 && left <= 60000 && !ending.firstChild)
        say("warn", "button", "Продолжить");
    }, 1000);
  }
  // What takes long is seen to be under way (site.css). Nobody hears when a file has come.
  function busy(element, seconds) {
    element.classList.add("busy");
    setTimeout(function () {
      element.classList.remove("busy");
    }, seconds * 1000);
  }
  document.addEventListener("submit", function (event) {
    if (event.submitter && !event.defaultPrevented) busy(event.submitter, 8);
  });
  document.addEventListener("click", function (event) {
    var file = event.target.closest("a[href*='.pdf'], a[href*='.xlsx']");
    if (file) busy(file, 2);
  });
  function enhance() {
    document.querySelectorAll("input[type=password]").forEach(function (input) {
      if (!input.parentNode.querySelector(".reveal")) reveal(input);
    });
    document.querySelectorAll("[data-wait]").forEach(wait);
  }
  enhance();
})();
