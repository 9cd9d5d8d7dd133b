// Sets dark or light before the first paint, from the same stored choice the theme's switch writes.
(function () {
  var stored = null;
  try { stored = JSON.parse(localStorage.getItem("adminTheme")); } catch (error) { stored = null; }
  var wantsDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  if (stored === "dark" || (stored !== "light" && wantsDark)) document.documentElement.classList.add("dark");
})();
