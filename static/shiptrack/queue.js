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
  var current = -1;

  function count() {
    var chosen = boxes.filter(function (box) { return box.checked; }).length;
    if (counter) counter.textContent = chosen + " selected";
    if (all) { all.checked = chosen > 0 && chosen === boxes.length; all.indeterminate = chosen > 0 && chosen < boxes.length; }
  }
  function move(to) {
    if (!rows.length) return;
    if (rows[current]) rows[current].classList.remove("cur");
    current = Math.max(0, Math.min(rows.length - 1, to));
    rows[current].classList.add("cur");
    rows[current].scrollIntoView({ block: "nearest" });
  }
  function boxOf(row) { return row && row.querySelector(".action-select"); }
  function act(name) {
    return function () {
      var button = form.querySelector(".q-bulk button[value=" + name + "]");
      if (!button) return false;
      if (!boxes.some(function (box) { return box.checked; })) {
        var box = boxOf(rows[current]);
        if (!box) return false;
        box.checked = true;
        count();
      }
      form.requestSubmit(button);
      return true;
    };
  }
  form.addEventListener("change", count);
  form.addEventListener("reset", function () { setTimeout(count, 0); });
  if (all) all.addEventListener("change", function () {
    boxes.forEach(function (box) { box.checked = all.checked; });
    count();
  });
  count();
  window.shiptrackKeys({
    j: function () { move(current + 1); },
    k: function () { move(current - 1); },
    Enter: function () {
      if (!rows[current]) return false;
      window.location.href = rows[current].dataset.href;
      return true;
    },
    x: function () {
      var box = boxOf(rows[current]);
      if (!box) return false;
      box.checked = !box.checked;
      count();
      return true;
    },
    t: act("take"), a: act("assign"), e: act("acknowledge"), h: act("wait"), r: act("resolve")
  });
});
