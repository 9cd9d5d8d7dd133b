// Keys of a page. Never while somebody types, never with Ctrl, Alt or Meta; every key has a visible button or link.
(function () {
  "use strict";
  function typing(target) {
    return target && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) && target.type !== "checkbox";
  }
  var handlers = {};
  window.shiptrackKeys = function (more) { Object.assign(handlers, more); };
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    var handler = handlers[event.key];
    if (handler && handler(event) !== false) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);
  window.shiptrackKeys({
    "?": function () {
      var dialog = document.getElementById("keys");
      if (!dialog) return false;
      dialog.showModal();
      return true;
    },
    "/": function () {
      var box = document.getElementById("searchbar");
      if (!box) return false;
      box.focus();
      box.select();
      return true;
    }
  });
})();
