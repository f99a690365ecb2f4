"use strict";
// A card is a statement; its judgment has an answer to each question that is asked of it: "right" or "wrong".
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const questions = (card) => [...card.querySelectorAll("[data-question]")];
  const names = (card) => questions(card).map((each) => each.dataset.question);

  // As `aspectra.elicit.verdicts` has it: wrong by one decisive answer, right by all of them.
  function verdict(card, said = {}) {
    const decisive = questions(card).filter((each) => "decisive" in each.dataset);
    const found = decisive.map((each) => said[each.dataset.question]);
    return found.includes("wrong") ? "wrong" : found.every((mark) => mark === "right") ? "right" : "";
  }

  function answer(number, name, mark) {
    const said = { ...page.judgment(number) };
    if (mark === undefined) delete said[name];
    else said[name] = mark;
    page.judge(number, Object.keys(said).length ? said : undefined);
  }

  // Whatever is still open on a card.
  function rest(number, mark) {
    const open = Object.fromEntries(names(page.cards[number]).map((name) => [name, mark]));
    page.judge(number, { ...open, ...page.judgment(number) });
  }

  const page = judging({
    name: "audit",
    id: data.page,
    restore: (stored, number) => {
      const there = data.opinions[number].answers;
      const said = Object.entries(stored ?? {}).filter(([name, mark]) => name in there && ["right", "wrong"].includes(mark));
      return said.length ? Object.fromEntries(said) : undefined;
    },
    told: (cards, judgment) => {
      const found = cards.map((card, number) => verdict(card, judgment(number)));
      const right = found.filter((mark) => mark === "right").length;
      const wrong = found.filter((mark) => mark === "wrong").length;
      return [right + wrong, `${right + wrong} of ${cards.length} judged: ${right} right, ${wrong} wrong`];
    },
    open: (card, said = {}) => names(card).some((name) => !said[name]),
    show: (card, said = {}) => {
      card.dataset.judged = verdict(card, said);
      for (const each of questions(card)) {
        for (const button of each.querySelectorAll("button")) {
          button.setAttribute("aria-pressed", String(button.dataset.mark === said[each.dataset.question]));
        }
      }
    },
    key: (letter, number) => {
      const name = questions(page.cards[number]).find((each) => each.dataset.key === letter)?.dataset.question;
      if (name) answer(number, name, page.judgment(number)?.[name] === "wrong" ? "right" : "wrong");
      else if (letter === "y" || letter === "n") {
        rest(number, letter === "y" ? "right" : "wrong");
        page.choose(number + 1);
      } else return false;
      return true;
    },
    click: (event, number) => {
      const button = event.target.closest("button");
      if (!button) return;
      const name = button.closest("[data-question]").dataset.question;
      // A second click takes the answer back.
      answer(number, name, page.judgment(number)?.[name] === button.dataset.mark ? undefined : button.dataset.mark);
    },
    save: (judgment) => ({
      ...data,
      opinions: data.opinions.map((opinion, number) => ({
        ...opinion,
        answers: { ...opinion.answers, ...judgment(number) },
      })),
    }),
  });
  page.begin();
})();
