"use strict";
// Judgments are kept in this browser under the page's id, and saved as a file when that is wanted.
(() => {
  const all = (query, where = document) => [...where.querySelectorAll(query)];
  const one = (id) => document.getElementById(id);
  const data = JSON.parse(one("data").textContent);
  const cards = all(".opinion");
  const key = `aspectra-audit-${data.page}`;
  let marks = {};
  let current = 0;
  let kept = true;

  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? "{}");
    for (const number of cards.keys()) {
      if (["right", "wrong"].includes(stored?.[number])) marks[number] = stored[number];
    }
  } catch {
    kept = false;
  }

  for (const part of all(".script")) part.hidden = false;

  function show() {
    const said = Object.values(marks);
    const right = said.filter((mark) => mark === "right").length;
    one("told").textContent =
      `${said.length} of ${cards.length} judged: ${right} right, ${said.length - right} wrong` +
      (kept ? "" : " (this browser keeps nothing: save before you leave)");
    one("progress").value = said.length;
    for (const [number, card] of cards.entries()) {
      card.dataset.judged = marks[number] ?? "";
      for (const button of all("button", card)) {
        button.setAttribute("aria-pressed", String(button.dataset.mark === marks[number]));
      }
    }
  }

  function mark(number, value) {
    if (value === undefined) delete marks[number];
    else marks[number] = value;
    for (const told of all(".after")) told.hidden = true; // of what is not the newest any more
    try {
      localStorage.setItem(key, JSON.stringify(marks));
    } catch {
      kept = false;
    }
    show();
  }

  function choose(number, go = true) {
    if (!cards.length) return;
    current = Math.min(Math.max(number, 0), cards.length - 1);
    for (const [at, card] of cards.entries()) card.classList.toggle("current", at === current);
    for (const piece of all("mark")) {
      piece.classList.toggle("current", piece.dataset.about.split(" ").includes(String(current)));
    }
    const piece = document.querySelector("mark.current");
    const review = piece?.closest(".review");
    if (review) review.scrollTop = piece.offsetTop - review.clientHeight / 2;
    if (!go) return;
    cards[current].focus({ preventScroll: true });
    const card = cards[current].getBoundingClientRect();
    // On a phone the bar does not stay in sight.
    const bar = Math.max(0, one("bar").getBoundingClientRect().bottom);
    const whole = cards[current].closest(".answer");
    const part = whole.getBoundingClientRect();
    if (part.top >= bar && card.bottom <= innerHeight) return;
    // The whole answer with its review where it fits, else the opinion itself.
    (part.height < innerHeight - bar - 16 ? whole : cards[current]).scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const letter = event.key.toLowerCase();
    if (letter === "j") choose(current + 1);
    else if (letter === "k") choose(current - 1);
    else if (letter === "u") mark(current);
    else if (letter === "y" || letter === "n") {
      if (!cards.length) return;
      mark(current, letter === "y" ? "right" : "wrong");
      choose(current + 1);
    } else return;
    event.preventDefault();
  });

  for (const [number, card] of cards.entries()) {
    card.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      choose(number, false);
      // A second click takes the judgment back.
      if (button) mark(number, marks[number] === button.dataset.mark ? undefined : button.dataset.mark);
    });
    card.addEventListener("focusin", () => choose(number, false));
  }

  function save() {
    const opinions = data.opinions.map((opinion, number) => ({ ...opinion, mark: marks[number] ?? null }));
    const whole = { ...data, opinions, saved: new Date().toISOString() };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(whole, null, 2)], { type: "application/json" }));
    link.download = one("bar").dataset.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    for (const told of all(".after")) {
      told.textContent = `Saved as ${link.download}. What it says: aspectra score --audit ${link.download}`;
      told.hidden = false;
    }
  }
  for (const button of all(".save")) button.addEventListener("click", save);

  show();
  // Where one stopped the last time.
  const next = cards.findIndex((_, number) => marks[number] === undefined);
  choose(next < 0 ? 0 : next, next > 0);
})();
