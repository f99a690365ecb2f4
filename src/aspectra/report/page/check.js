"use strict";
// A card is an opinion ({mark, should}) or the end of a sentence ({complete, missed}). Places are those of the file,
// counted in characters as Python counts them: a word has its own, and text is cut by [...text].
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const articles = [...document.querySelectorAll(".answer")];
  const polarities = ["positive", "negative", "neutral", "conflict"];
  // Of each card: its sentence, and its opinion where it has one.
  const about = data.sentences.flatMap((sentence, at) => [
    ...sentence.opinions.map((opinion) => ({ at, opinion })),
    { at, opinion: null },
  ]);
  const end = (at) => about.findIndex((card) => card.at === at && !card.opinion);
  const words = (at) => [...articles[at].querySelectorAll(".word")];
  const missed = (number) => page.judgment(number)?.missed ?? [];
  let pick = null; // of what is missed: the sentence, and the first and last of its words

  const placed = (o, text) =>
    Number.isInteger(o.from) && Number.isInteger(o.to) && o.from >= 0 && o.from < o.to && o.to <= [...text].length;
  const whole = (o, text) =>
    polarities.includes(o?.polarity) &&
    (o.category === null || data.categories.includes(o.category)) &&
    (placed(o, text) ? cut(text, o) === o.target : o.target === null && o.from === null && o.to === null);
  const cut = (text, { from, to }) => [...text].slice(from, to).join("");

  function restore(stored, number) {
    if (!stored || typeof stored !== "object") return undefined;
    const { at, opinion } = about[number];
    if (opinion) {
      const should = polarities.includes(stored.should) && stored.should !== opinion.polarity ? stored.should : null;
      if (stored.mark === "wrong") return { mark: "wrong", should };
      return stored.mark === "right" ? { mark: "right", should: null } : undefined;
    }
    const found = Array.isArray(stored.missed) ? stored.missed : [];
    return { complete: stored.complete === true, missed: found.filter((o) => whole(o, data.sentences[at].text)) };
  }

  const finished = (at, judgment) =>
    about.every((card, number) => card.at !== at || (card.opinion ? judgment(number)?.mark : judgment(number)?.complete));

  function told(cards, judgment) {
    const said = about.map((_, number) => judgment(number));
    const count = (mark) => said.filter((each) => each?.mark === mark).length;
    const lost = said.reduce((sum, each) => sum + (each?.missed?.length ?? 0), 0);
    const done = articles.filter((_, at) => finished(at, judgment)).length;
    const judged = `${count("right")} right, ${count("wrong")} wrong, ${lost} missed`;
    return [done, `${done} of ${articles.length} sentences finished: ${judged}`];
  }

  function element(name, text, kind = "") {
    const made = document.createElement(name);
    made.textContent = text;
    made.className = kind;
    return made;
  }

  function show(card, judgment, number) {
    const { at, opinion } = about[number];
    const press = (query, on) => card.querySelector(query).setAttribute("aria-pressed", String(on));
    if (opinion) {
      card.dataset.judged = judgment?.mark ?? "";
      for (const mark of ["right", "wrong"]) press(`[data-mark=${mark}]`, judgment?.mark === mark);
      card.querySelector(".should").hidden = judgment?.mark !== "wrong";
      for (const button of card.querySelectorAll("[data-should]")) {
        button.setAttribute("aria-pressed", String((judgment?.should ?? "") === button.dataset.should));
      }
      return;
    }
    card.dataset.judged = judgment?.complete ? "right" : "";
    press("[data-mark=all]", judgment?.complete === true);
    press("[data-mark=more]", pick?.at === at);
    const list = card.querySelector(".missed");
    list.replaceChildren(
      ...missed(number).map((o, n) => {
        const line = element("li", "missed: ");
        line.append(element("b", o.target ?? ""), element("small", o.category ?? ""));
        line.append(element("span", ` ${o.polarity} `, `polarity ${o.polarity}`));
        const button = element("button", "remove");
        button.type = "button";
        button.dataset.remove = n;
        button.setAttribute("aria-label", `remove ${o.target ?? o.category}`);
        line.append(button);
        return line;
      }),
    );
    card.querySelector(".pick").hidden = pick?.at !== at;
    const picked = pick?.at === at ? span() : null;
    for (const piece of articles[at].querySelectorAll(".piece")) {
      const inside = (o) => o && o.from !== null && Number(piece.dataset.from) >= o.from && Number(piece.dataset.to) <= o.to;
      piece.classList.toggle("picked", Boolean(inside(picked)));
      piece.classList.toggle("added", missed(number).some(inside));
    }
    if (pick?.at !== at) return;
    const there = known();
    const ready = !data.targets || (picked !== null && !there);
    card.querySelector(".picked").textContent = there
      ? `“${cut(data.sentences[at].text, picked)}” is in the list above: if its polarity is wrong, mark it as wrong there.`
      : !ready
      ? "Which words? Click the first and the last word, or select them. Keyboard: ← and →, Shift for more words."
      : picked ? `“${cut(data.sentences[at].text, picked)}” is judged` : "It is judged";
    for (const button of card.querySelectorAll("[data-polarity]")) button.disabled = !ready && !data.categories.length;
  }

  // The place of the picked words; null where none is picked.
  function span() {
    if (pick.first === null) return null;
    const all = words(pick.at);
    const [first, last] = [Math.min(pick.first, pick.last), Math.max(pick.first, pick.last)];
    return { from: Number(all[first].dataset.from), to: Number(all[last].dataset.to) };
  }

  // Whether the picked words are a target that is here already: that one is to be judged, not added.
  function known() {
    const place = span();
    if (place === null || data.categories.length) return false;
    return [...data.sentences[pick.at].opinions, ...missed(end(pick.at))].some((o) => o.from === place.from && o.to === place.to);
  }

  function choosing(at, first = null, last = first) {
    pick = { at, first, last };
    page.choose(end(at), false);
    page.show();
    articles[at].querySelector(".words").focus({ preventScroll: true });
    page.cards[end(at)].scrollIntoView({ block: "nearest" });
  }

  function leave(go = true) {
    const at = pick.at;
    pick = null;
    page.show();
    if (go) page.choose(end(at));
  }

  function add(polarity) {
    const { at } = pick;
    const number = end(at);
    const place = span() ?? { from: null, to: null };
    if ((place.from === null && data.targets && !data.categories.length) || known()) return;
    const target = place.from === null ? null : cut(data.sentences[at].text, place);
    const category = page.cards[number].querySelector("select")?.value ?? null;
    const complete = page.judgment(number)?.complete ?? false;
    pick = null;
    page.judge(number, { complete, missed: [...missed(number), { target, category, polarity, ...place }] });
    page.choose(number);
  }

  function change(number, changes) {
    const next = { complete: false, missed: [], ...page.judgment(number), ...changes };
    page.judge(number, next.complete || next.missed.length ? next : undefined);
  }

  function say(number, polarity) {
    const right = polarity === about[number].opinion.polarity;
    page.judge(number, right ? { mark: "right", should: null } : { mark: "wrong", should: polarity });
  }

  function picking(letter, event) {
    const count = words(pick.at).length;
    const step = { arrowleft: -1, arrowright: 1 }[letter];
    if (step && count && data.targets) {
      const last = pick.first === null ? 0 : Math.min(Math.max(pick.last + step, 0), count - 1);
      pick = { ...pick, first: event.shiftKey && pick.first !== null ? pick.first : last, last };
      page.show();
    } else if (letter === "escape") leave();
    else if (polarities["1234".indexOf(letter)]) add(polarities["1234".indexOf(letter)]);
    else return false;
    return true;
  }

  function key(letter, number, event) {
    if (pick && picking(letter, event)) return true;
    const { at, opinion } = about[number];
    const polarity = polarities["1234".indexOf(letter)];
    if (letter === "m" || (letter === "n" && !opinion)) choosing(at, data.targets && words(at).length ? 0 : null);
    else if (letter === "y" || (letter === "n" && opinion) || (polarity && opinion)) {
      if (!opinion) change(number, { complete: true });
      else if (polarity) say(number, polarity);
      else page.judge(number, { mark: letter === "y" ? "right" : "wrong", should: null });
      pick = null;
      page.show();
      page.choose(number + 1);
    } else return false;
    return true;
  }

  function click(event, number) {
    const button = event.target.closest("button");
    if (!button) return;
    const { mark, should, polarity, remove } = button.dataset;
    const said = page.judgment(number);
    // A second click takes the judgment back.
    if (mark === "right" || mark === "wrong") page.judge(number, said?.mark === mark ? undefined : { mark, should: null });
    else if (should !== undefined) page.judge(number, { mark: "wrong", should: should || null });
    else if (mark === "all") change(number, { complete: !said?.complete });
    else if (mark === "more" && pick?.at !== about[number].at) choosing(about[number].at);
    else if (mark === "more" || mark === "cancel") leave(false);
    else if (polarity) add(polarity);
    else if (remove !== undefined) change(number, { missed: missed(number).filter((_, n) => n !== Number(remove)) });
  }

  // Words of which something is selected, a trailing space aside.
  function selected(at) {
    const selection = getSelection();
    if (selection.isCollapsed || !selection.rangeCount) return [];
    const range = selection.getRangeAt(0);
    return [...words(at).entries()].filter(([, word]) => {
      const inside = document.createRange();
      inside.selectNodeContents(word);
      if (range.compareBoundaryPoints(Range.START_TO_START, inside) > 0) inside.setStart(range.startContainer, range.startOffset);
      if (range.compareBoundaryPoints(Range.END_TO_END, inside) < 0) inside.setEnd(range.endContainer, range.endOffset);
      return inside.toString() !== "";
    });
  }

  const page = judging({
    name: "check",
    id: data.page,
    restore,
    told,
    open: (card, judgment) => !(judgment?.mark || judgment?.complete),
    show,
    key,
    click,
    save: (judgment) => {
      const sentences = data.sentences.map((sentence, at) => {
        const { complete = false, missed = [] } = judgment(end(at)) ?? {};
        const first = end(at) - sentence.opinions.length;
        const opinions = sentence.opinions.map((o, n) => ({ ...o, mark: null, should: null, ...judgment(first + n) }));
        return { ...sentence, opinions, complete, missed };
      });
      return { ...data, sentences };
    },
  });

  for (const [at, article] of data.targets ? articles.entries() : []) {
    article.querySelector(".words").addEventListener("click", (event) => {
      const found = selected(at).map(([n]) => n);
      const word = words(at).indexOf(event.target.closest(".word"));
      if (found.length) choosing(at, found[0], found.at(-1));
      else if (word < 0) return;
      else if (pick?.at === at && pick.first !== null && pick.first === pick.last) choosing(at, pick.first, word);
      else choosing(at, word);
      getSelection().removeAllRanges();
    });
  }
  page.begin();
})();
