// Sets dark or light before the first paint, from the same stored choice the theme's switch writes; names the side bar.
(function () {
  var stored = null;
  try { stored = JSON.parse(localStorage.getItem("adminTheme")); } catch (error) { stored = null; }
  var wantsDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  if (stored === "dark" || (stored !== "light" && wantsDark)) document.documentElement.classList.add("dark");
  // The theme calls every part that scrolls by the same name; the side bar's is told apart for screen readers.
  window.addEventListener("load", function () {
    var bar = document.querySelector("#nav-sidebar-apps .simplebar-content-wrapper");
    if (bar) bar.setAttribute("aria-label", "Pages");
  });
})();
