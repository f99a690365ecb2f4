"use strict";
// The page shows its default view without this; here the controls come alive.
(() => {
  const PAGE = 10;
  const all = (query, where = document) => [...where.querySelectorAll(query)];
  const one = (id) => document.getElementById(id);
  const data = JSON.parse(one("data").textContent);
  const view = one("view");
  const pair = one("pair");
  let shown = PAGE;

  for (const form of all("form.script")) form.hidden = false;

  // A browser may restore the form of an earlier visit, so the state is always read from it.
  const chosen = () => Object.fromEntries(new FormData(view));

  function show() {
    const state = chosen();
    for (const part of all("[data-set], [data-scoring], [data-subset]")) {
      part.hidden = ["set", "scoring", "subset"].some(
        (key) => part.dataset[key] !== undefined && part.dataset[key] !== state[key],
      );
    }
    if (pair) cards(state.set);
  }

  function cards(set) {
    const [right, wrong] = [pair.elements.one.value, pair.elements.other.value];
    let fit = 0;
    for (const card of all(".card")) {
      const here =
        card.dataset.in === set &&
        card.dataset.right.split(" ").includes(right) &&
        card.dataset.wrong.split(" ").includes(wrong);
      fit += here;
      card.hidden = !here || fit > shown;
      if (card.hidden) continue;
      for (const said of all(".said", card)) {
        said.hidden = ![right, wrong].includes(said.dataset.system);
        said.style.order = said.dataset.system === right ? 1 : 2;
      }
    }
    const total = data.counts[set]?.[right]?.[wrong] ?? 0;
    const where = view.elements.set.selectedOptions[0].text;
    const [a, b] = [data.systems[right], data.systems[wrong]];
    one("tally").textContent =
      right === wrong
        ? "Choose two systems."
        : total
          ? `${a} is right and ${b} wrong on ${total} sentences of ${where}; ${fit} are in this file, ${Math.min(fit, shown)} of them shown.`
          : `${where} has no sentence that ${a} gets right and ${b} wrong.`;
    one("more").hidden = fit <= shown;
  }

  view?.addEventListener("change", () => {
    shown = PAGE;
    show();
  });
  pair?.addEventListener("change", () => {
    shown = PAGE;
    show();
  });
  one("swap")?.addEventListener("click", () => {
    const { one: first, other } = pair.elements;
    [first.value, other.value] = [other.value, first.value];
    shown = PAGE;
    show();
  });
  one("more")?.addEventListener("click", () => {
    shown += PAGE;
    show();
  });

  addEventListener("beforeprint", () => {
    for (const part of all("details")) part.open = true;
  });
  if (view) show();
})();
