// Sets the appearance before the first paint. A file of its own: the page's policy allows no inline script.
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem("parlance.theme");
  } catch (e) {
    choice = null;
  }
  var dark =
    choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
