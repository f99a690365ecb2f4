"use strict";
// Of every page: the colors that the reader chose.
(() => {
  const theme = document.getElementById("theme");
  const paint = () => {
    document.documentElement.dataset.theme = new FormData(theme).get("theme");
  };
  theme.addEventListener("change", paint);
  paint();
})();
