// What is asked before an action: fetched into a dialog, numbers kept true while boxes change; and the undo bar's clock.
document.addEventListener("DOMContentLoaded", function () {
  "use strict";
  var dialog = document.getElementById("ask");

  function follow(form) {
    var boxes = Array.from(form.querySelectorAll("input[name=_selected_action]"));
    function count() {
      var many = boxes.filter(function (box) { return box.checked; }).length;
      form.querySelectorAll(".js-will").forEach(function (place) { place.textContent = many; });
      form.querySelectorAll(".js-many").forEach(function (place) { place.textContent = many === 1 ? "" : "s"; });
      form.querySelector(".js-go").disabled = many === 0;
    }
    boxes.forEach(function (box) { box.addEventListener("change", count); });
    count();
  }
  document.querySelectorAll(".q-askform").forEach(follow);

  // Send a form that would ask; show the question here. Without dialogs, or when it fails, the plain way is taken.
  window.shiptrackAsk = function (form, button) {
    if (!dialog || !dialog.showModal) return false;
    var body = new FormData(form, button);
    fetch(form.getAttribute("action") || window.location.href, {
      method: "POST", body: body, headers: { "X-Fragment": "1" }, credentials: "same-origin"
    }).then(function (answer) {
      if (answer.redirected) { window.location.href = answer.url; return null; }
      if (!answer.ok) throw new Error(answer.status);
      return answer.text();
    }).then(function (text) {
      if (text === null) return;
      dialog.innerHTML = text;
      follow(dialog.querySelector(".q-askform"));
      dialog.showModal();
      var first = dialog.querySelector(".st-form select, .st-form textarea, .st-form input:not([type=hidden])");
      (first || dialog.querySelector(".js-go")).focus();
      if (window.shiptrackBeat) window.shiptrackBeat();
    }).catch(function () { form.dataset.plain = "1"; form.requestSubmit(button); });
    return true;
  };
  if (dialog) {
    dialog.addEventListener("click", function (event) {
      if (event.target === dialog || event.target.closest(".js-cancel")) { event.preventDefault(); dialog.close(); }
    });
    dialog.addEventListener("close", function () { if (window.shiptrackBeat) window.shiptrackBeat(); });
  }

  var bar = document.querySelector(".q-undo");
  if (bar) {
    var seconds = Number(bar.dataset.left);
    var clock = window.setInterval(function () {
      seconds -= 1;
      bar.querySelector(".js-left").textContent = seconds + " s";
      if (seconds <= 0) { window.clearInterval(clock); bar.remove(); }
    }, 1000);
  }
});
