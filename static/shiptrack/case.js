// Keys of the case page: each presses the visible button of its name, or opens its form and goes to the first field.
document.addEventListener("DOMContentLoaded", function () {
  "use strict";
  var keys = {};
  document.querySelectorAll(".k-act").forEach(function (part) {
    if (!part.dataset.key) return;
    keys[part.dataset.key] = function () {
      if (part.tagName === "FORM") { part.requestSubmit(); return true; }
      part.open = true;
      var field = part.querySelector("select, textarea, input:not([type=hidden])");
      if (field) field.focus();
      return true;
    };
  });
  document.querySelectorAll("details.k-act").forEach(function (part) {
    part.addEventListener("keydown", function (event) {
      if (event.key === "Escape") { part.open = false; part.querySelector("summary").focus(); }
    });
  });
  var next = document.querySelector(".js-next");
  if (next) keys.j = function () { next.click(); return true; };
  // Write to the customer; who may not, or where nobody knows the customer, sees what was said.
  keys.m = function () {
    var write = document.querySelector(".js-write"), said = document.getElementById("messages");
    if (write) write.click(); else if (said) said.scrollIntoView({ block: "start" });
    return Boolean(write || said);
  };
  window.shiptrackKeys(keys);
});
