"use strict";
// Of every page: a box says so while its table goes on beyond its edge.
(() => {
  const look = new ResizeObserver((seen) => {
    // In the next frame: the words change the height of the box, and so what is observed.
    requestAnimationFrame(() => {
      for (const { target } of seen) {
        const box = target.closest(".box");
        box.classList.toggle("wide", box.scrollWidth > box.clientWidth + 1);
      }
    });
  });
  for (const part of document.querySelectorAll(".box, .box > table")) look.observe(part);
})();
