// Keeps numbers and people up to date while a page is open, without moving what somebody looks at. Where no script
// runs, the numbers are those of the moment the page was made.
document.addEventListener("DOMContentLoaded", function () {
  "use strict";
  var root = document.querySelector("[data-live]");
  if (!root) return;
  var COUNTS_EVERY = 30000, PRESENCE_EVERY = 15000;
  var left = null;

  function token() {
    var field = document.querySelector("input[name=csrfmiddlewaretoken]");
    return field ? field.value : "";
  }
  function openCase() {
    var holder = document.querySelector("[data-case]");
    return holder ? holder.dataset.case : "";
  }
  function writing() {
    return Boolean(document.querySelector("dialog#ask[open], details.k-act[open]"));
  }
  function shown() {
    return Array.from(document.querySelectorAll(".js-row")).map(function (row) { return row.dataset.id; });
  }
  function showPeople(at) {
    document.querySelectorAll("[data-at]").forEach(function (place) {
      place.replaceChildren.apply(place, (at[place.dataset.at] || []).map(function (person) {
        var ring = document.createElement("span");
        ring.className = "q-ring " + person.kind;
        ring.title = person.name + " is " + person.words;
        var face = document.createElement("span");
        face.className = "st-av " + person.tint;
        face.textContent = person.initials;
        face.setAttribute("aria-hidden", "true");
        var words = document.createElement("span");
        words.className = "st-hidden";
        words.textContent = ring.title;
        ring.append(face, words);
        return ring;
      }));
    });
  }
  function markChanged(versions) {
    document.querySelectorAll(".js-row").forEach(function (row) {
      var now = versions[row.dataset.id];
      if (now === undefined || String(now) === row.dataset.version) return;
      row.classList.add("changed");
      row.title = "Somebody changed this case since the page was made";
      var note = document.querySelector(".q-changed");
      if (note) note.hidden = false;
    });
  }
  function beat() {
    if (document.hidden || !root.dataset.presence) return;
    var body = new URLSearchParams();
    if (openCase()) { body.set("case", openCase()); body.set("kind", writing() ? "editing" : "viewing"); }
    if (left && left !== openCase()) body.set("left", left);
    left = openCase() || null;
    body.set("shown", shown().concat(openCase() || []).join(","));
    fetch(root.dataset.presence, {
      method: "POST", body: body, headers: { "X-CSRFToken": token() }, credentials: "same-origin"
    }).then(function (answer) { return answer.ok ? answer.json() : null; }).then(function (found) {
      if (!found) return;
      showPeople(found.at);
      markChanged(found.versions);
    }).catch(function () { /* the next beat tries again */ });
  }
  function count() {
    if (document.hidden || !root.dataset.counts) return;
    fetch(root.dataset.counts, { credentials: "same-origin" }).then(function (answer) {
      return answer.ok ? answer.json() : null;
    }).then(function (found) {
      if (!found) return;
      document.querySelectorAll("[data-count]").forEach(function (place) {
        var view = found.views[place.dataset.count];
        if (!view) return;
        place.textContent = view.count;
        if (place.classList.contains("sb-n")) place.className = "sb-n " + view.tint;
      });
    }).catch(function () { /* the next round tries again */ });
  }
  window.shiptrackBeat = beat;
  beat();
  window.setInterval(beat, PRESENCE_EVERY);
  if (root.dataset.counts) {
    if (document.querySelector('[data-count^="own-"]')) count();
    window.setInterval(count, COUNTS_EVERY);
  }
  document.addEventListener("visibilitychange", beat);
  document.addEventListener("toggle", function (event) {
    if (event.target.matches && event.target.matches("details.k-act")) beat();
  }, true);
});
