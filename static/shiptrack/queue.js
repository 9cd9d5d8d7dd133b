// The queue's keys and small comforts; everything here can also be done by clicking, without this script.
document.addEventListener("DOMContentLoaded", function () {
  "use strict";
  var form = document.getElementById("changelist-form");
  document.querySelectorAll(".js-apply").forEach(function (select) {
    select.addEventListener("change", function () { select.form.requestSubmit(); });
  });
  if (!form) return;
  var rows = Array.from(form.querySelectorAll(".js-row"));
  var boxes = Array.from(form.querySelectorAll(".action-select"));
  var all = form.querySelector(".js-all");
  var counter = form.querySelector(".js-count");
  var panel = window.shiptrackPanel;
  var narrow = window.matchMedia("(max-width: 900px)");
  var current = rows.findIndex(function (row) { return row.classList.contains("cur"); });
  var asks = ["assign", "wait", "note", "next", "resolve", "care", "reopen"];
  var following = 0;

  function chosen() { return boxes.filter(function (box) { return box.checked; }); }
  function count() {
    var many = chosen().length;
    if (counter) counter.textContent = many + " selected";
    if (all) { all.checked = many > 0 && many === boxes.length; all.indeterminate = many > 0 && many < boxes.length; }
  }
  function boxOf(row) { return row && row.querySelector(".action-select"); }
  function peekOf(row) {
    if (narrow.matches || !panel) { window.location.href = row.dataset.href; return; }
    panel.open(row);
  }
  function move(to) {
    if (!rows.length) return;
    if (rows[current]) rows[current].classList.remove("cur");
    current = Math.max(0, Math.min(rows.length - 1, to));
    var row = rows[current];
    row.classList.add("cur");
    row.scrollIntoView({ block: "nearest" });
    window.clearTimeout(following);
    if (panel && panel.opened()) following = window.setTimeout(function () { panel.open(row); }, 120);
  }
  function extend(by) {
    return function () {
      var box = boxOf(rows[current]);
      if (box) box.checked = true;
      move(current + by);
      box = boxOf(rows[current]);
      if (box) box.checked = true;
      count();
    };
  }
  // The selected rows; with none selected the row one stands on, or the panel's case.
  function act(name) {
    return function () {
      var button = form.querySelector(".q-bulk button[value=" + name + "]");
      if (!button) return false;
      if (chosen().length) { form.requestSubmit(button); return true; }
      var inPanel = document.querySelector("#panel button[value=" + name + "]");
      if (inPanel) { inPanel.click(); return true; }
      var box = boxOf(rows[current]);
      if (!box) return false;
      box.checked = true;
      count();
      form.requestSubmit(button);
      return true;
    };
  }
  function question(event) {
    var button = event.submitter, sender = event.target;
    if (!button || button.name !== "action" || sender.dataset.plain || !window.shiptrackAsk) return;
    var many = sender === form ? chosen().length : 1;
    if (many === 1 && asks.indexOf(button.value) < 0) return;
    if (window.shiptrackAsk(sender, button)) event.preventDefault();
  }
  document.addEventListener("submit", function (event) {
    if (event.target === form || event.target.matches(".q-acts")) question(event);
  });
  form.addEventListener("click", function (event) {
    var link = event.target.closest("a.js-open");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || narrow.matches || !panel) return;
    event.preventDefault();
    move(rows.indexOf(link.closest(".js-row")));
    window.clearTimeout(following);
    panel.open(rows[current]);
  });
  form.addEventListener("change", count);
  form.addEventListener("reset", function () { window.setTimeout(count, 0); });
  if (all) all.addEventListener("change", function () {
    boxes.forEach(function (box) { box.checked = all.checked; });
    count();
  });
  count();
  window.shiptrackKeys({
    j: function () { move(current + 1); },
    k: function () { move(current - 1); },
    J: extend(1),
    K: extend(-1),
    Enter: function () {
      var row = rows[current];
      if (!row) return false;
      if (panel && panel.opened() === row.dataset.id) window.location.href = row.dataset.href;
      else peekOf(row);
      return true;
    },
    Escape: function () {
      if (panel && panel.opened()) { panel.close(); return true; }
      if (!chosen().length) return false;
      form.reset();
      return true;
    },
    x: function () {
      var box = boxOf(rows[current]);
      if (!box) return false;
      box.checked = !box.checked;
      count();
      return true;
    },
    // Of the panel's case; without a panel, what was said about the row one stands on.
    m: function () {
      var inPanel = document.querySelector("#panel .js-write");
      if (inPanel) { inPanel.click(); return true; }
      if (!rows[current]) return false;
      window.location.href = rows[current].dataset.href + "#messages";
      return true;
    },
    t: act("take"), a: act("assign"), e: act("acknowledge"), h: act("wait"), n: act("note"), d: act("next"), r: act("resolve")
  });
});
