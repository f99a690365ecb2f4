"use strict";
// What the pages share on which a person judges. Judgments are kept in this browser under the page's id, and saved as a
// file when that is wanted. A card is an element with a number; the page says what can be judged on it:
// restore(stored, number) -> its judgment, or undefined where that is none; show(card, judgment, number);
// told(cards, judgment) -> [how many are judged, text]; open(card, judgment) -> whether something is left to judge;
// key(letter, number, event) -> whether it was taken; click(event, number); save(judgment) -> the document.
function judging(page) {
  const all = (query, where = document) => [...where.querySelectorAll(query)];
  const one = (id) => document.getElementById(id);
  const cards = all("[data-number]");
  const key = `aspectra-${page.name}-${page.id}`;
  const said = {};
  const before = []; // what `u` takes back: a card and its judgment until then
  let current = 0;
  let kept = true;
  const judgment = (number) => said[number];

  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? "{}");
    for (const number of cards.keys()) {
      const found = page.restore(stored?.[number], number);
      if (found !== undefined) said[number] = found;
    }
  } catch {
    kept = false;
  }

  for (const part of all(".script")) part.hidden = false;

  function show() {
    const [count, text] = page.told(cards, judgment);
    one("told").textContent = text + (kept ? "" : " (this browser does not store your marks: save before you leave)");
    one("progress").value = count;
    for (const [number, card] of cards.entries()) page.show(card, said[number], number);
  }

  function judge(number, value) {
    if (JSON.stringify(value) === JSON.stringify(said[number])) return;
    before.push([number, said[number]]);
    put(number, value);
  }

  function undo() {
    if (!before.length) return;
    const [number, value] = before.pop();
    put(number, value);
    choose(number);
  }

  function put(number, value) {
    if (value === undefined) delete said[number];
    else said[number] = value;
    for (const told of all(".after")) told.hidden = true; // of what is not the newest any more
    try {
      localStorage.setItem(key, JSON.stringify(said));
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
    // The whole answer with its review where it fits, else the card itself.
    (part.height < innerHeight - bar - 16 ? whole : cards[current]).scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (!cards.length) return;
    const letter = event.key.toLowerCase();
    if (page.key(letter, current, event)) event.preventDefault();
    else if (letter === "j") choose(current + 1);
    else if (letter === "k") choose(current - 1);
    else if (letter === "u") undo();
    else return;
    event.preventDefault();
  });

  for (const [number, card] of cards.entries()) {
    card.addEventListener("click", (event) => {
      choose(number, false);
      page.click(event, number);
    });
    card.addEventListener("focusin", () => choose(number, false));
  }

  function save() {
    const whole = { ...page.save(judgment), saved: new Date().toISOString() };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(whole, null, 2)], { type: "application/json" }));
    link.download = one("bar").dataset.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    for (const told of all(".after")) {
      told.textContent = `Saved as ${link.download}. To see the figures: aspectra score --audit ${link.download}`;
      told.hidden = false;
    }
  }
  for (const button of all(".save")) button.addEventListener("click", save);

  // Called once the page has made all that it shows.
  function begin() {
    show();
    // Where one stopped the last time.
    const next = cards.findIndex((card, number) => page.open(card, said[number]));
    choose(next < 0 ? 0 : next, next > 0);
  }
  return { all, one, cards, judgment, judge, choose, show, begin };
}
