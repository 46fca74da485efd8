// Upload files as soon as they are chosen, with progress, and autosave typed text. Without this
// script the buttons of the form do the same.
(function () {
  "use strict";
  var form = document.querySelector("form.enquiry");
  if (!form || !window.FormData) return;
  var url = form.dataset.draft || form.action;
  var timer, sending, saving;
  function post(data, done, progress) {
    var request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("HX-Request-Type", "partial");
    request.onload = function () { done(request); };
    request.onerror = function () { done(null); };
    if (progress) request.upload.onprogress = progress;
    request.send(data);
    return request;
  }
  // The session has ended; the server has stored what was sent.
  function kept(answer) {
    var target = answer && answer.status === 401 && answer.getResponseHeader("HX-Redirect");
    return Boolean(target && target.indexOf("kept=") > 0);
  }
  function say(id, words) {
    var status = document.getElementById(id);
    if (status) status.textContent = words;
  }
  // Autosave typed text some seconds after the last key.
  if (form.dataset.draft) {
    form.addEventListener("input", function (event) {
      if (event.target.type === "file") return;
      clearTimeout(timer);
      timer = setTimeout(save, 2000);
    });
  }
  function save() {
    if (sending) return;
    var data = new FormData(form);
    data.delete("files");
    data.set("do", "save");
    saving = post(data, function (answer) {
      saving = null;
      if (answer && answer.status === 200) say("draft-status", "Черновик сохранен.");
      else if (answer && answer.status === 422) say("draft-status", "Черновик сохранен не весь: текст длиннее 20 000 знаков.");
      else if (kept(answer)) say("draft-status", "Сеанс закончен. Введенное сохранено в черновике: войдите снова и продолжите.");
      else say("draft-status", "Черновик не сохранен: нет связи с сервером. Введенное осталось на странице.");
    });
  }
  form.addEventListener("submit", function () {
    clearTimeout(timer);
    if (saving) saving.abort();
    sending = true;
  });
  window.addEventListener("pageshow", function () { sending = false; });
  // Upload files at once.
  form.addEventListener("change", function (event) {
    var input = event.target;
    if (input.type !== "file" || !input.files.length || !form.dataset.draft) return;
    clearTimeout(timer);
    sending = true;
    var bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", "Загрузка файлов");
    input.after(bar);
    var data = new FormData(form);
    data.set("do", "attach");
    post(data, function (answer) {
      sending = false;
      bar.remove();
      if (kept(answer)) return location.assign(answer.getResponseHeader("HX-Redirect"));
      var part = document.createElement("template");
      part.innerHTML = answer ? answer.responseText : "";
      var files = part.content.querySelector("#files");
      if (!files) {
        var is_large = answer && answer.status === 413;
        say("files-status", "Файлы не загружены: " + (is_large ? "вместе они слишком большие." : "нет связи с сервером. Попробуйте еще раз."));
        return;
      }
      document.getElementById("files").replaceWith(files);
      document.getElementById("file-input").focus();
    }, function (event) {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    });
  });
  document.documentElement.classList.add("uploads");
})();
