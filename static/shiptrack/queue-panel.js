// The panel beside the list: fetched, kept in the address (?peek=), followed by back and forward.
document.addEventListener("DOMContentLoaded", function () {
  "use strict";
  var body = document.querySelector(".q-body");
  var panel = document.getElementById("panel");
  if (!body || !panel) return;
  var asked = 0;

  function address(id) {
    var here = new URL(window.location.href);
    if (id) here.searchParams.set("peek", id); else here.searchParams.delete("peek");
    return here.toString();
  }
  function mark(id) {
    document.querySelectorAll(".js-row").forEach(function (row) { row.classList.toggle("cur", row.dataset.id === id); });
  }
  function opened() {
    var holder = panel.querySelector("[data-case]");
    return holder ? holder.dataset.case : "";
  }
  function close(quiet) {
    asked += 1;
    panel.replaceChildren();
    body.classList.remove("peeking");
    if (!quiet) window.history.replaceState(null, "", address(""));
    if (window.shiptrackBeat) window.shiptrackBeat();
  }
  function open(row, quiet) {
    var mine = ++asked;
    mark(row.dataset.id);
    return fetch(row.dataset.peek + window.location.search, { credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      return answer.text();
    }).then(function (text) {
      if (mine !== asked) return;
      panel.innerHTML = text;
      body.classList.add("peeking");
      if (!quiet) window.history.replaceState(null, "", address(row.dataset.id));
      row.scrollIntoView({ block: "nearest" });
      if (window.shiptrackBeat) window.shiptrackBeat();
    }).catch(function () { if (mine === asked) window.location.href = row.dataset.href; });
  }
  panel.addEventListener("click", function (event) {
    if (event.target.closest(".js-close")) { event.preventDefault(); close(); }
  });
  window.shiptrackPanel = { open: open, close: close, opened: opened };
});
