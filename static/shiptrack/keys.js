// Keys of a page. Never while somebody types, never with Ctrl, Alt or Meta; every key has a visible button or link.
(function () {
  "use strict";
  if (window.shiptrackKeys) return;
  var PREFIX_LASTS = 1500;
  var handlers = {};
  var prefixAt = 0;
  var places = {
    q: "/tracking/exceptioncase/", h: "/admin/", s: "/tracking/shipment/", o: "/notifications/outboxrow/", m: "/tracking/statusmapping/"
  };

  function typing(target) {
    return target && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) && target.type !== "checkbox";
  }
  // Where "g" leads is read off the side bar, so nobody is led to a page they may not see.
  function go(key) {
    var link = places[key] && document.querySelector('#nav-sidebar-apps a[href$="' + places[key] + '"]');
    if (!link) return false;
    window.location.href = link.href;
    return true;
  }
  function press(selector) {
    return function () {
      var button = document.querySelector(selector);
      if (!button) return false;
      button.click();
      return true;
    };
  }
  window.shiptrackKeys = function (more) { Object.assign(handlers, more); };
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    var done = false;
    if (Date.now() - prefixAt < PREFIX_LASTS) {
      prefixAt = 0;
      done = go(event.key);
    } else if (event.key === "g") {
      prefixAt = Date.now();
      done = true;
    } else {
      var handler = handlers[event.key];
      done = Boolean(handler) && handler(event) !== false;
    }
    if (done) { event.preventDefault(); event.stopImmediatePropagation(); }
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
    },
    u: press(".q-undo button"),
    y: press("[data-copy]")
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) return;
    navigator.clipboard.writeText(button.dataset.copy).then(function () {
      var label = button.innerHTML;
      button.textContent = "Copied";
      window.setTimeout(function () { button.innerHTML = label; }, 1500);
    });
  });
})();
