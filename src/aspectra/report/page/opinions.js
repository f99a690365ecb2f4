"use strict";
// The page is whole without this but for its last table, which comes alive here.
(() => {
  const PAGE = 25;
  const one = (id) => document.getElementById(id);
  const data = JSON.parse(one("data").textContent);
  // As the rows of the data: what, opinions, reviews, positive, neutral, conflict, negative, ends of the interval.
  const [WHAT, OPINIONS, REVIEWS, NEGATIVE, LOW, HIGH] = [0, 1, 2, 6, 7, 8];
  const SHARE = 7;
  const form = one("sieve");
  let shown = PAGE;
  let order = { column: REVIEWS, down: true };

  for (const part of document.querySelectorAll(".script")) part.hidden = false;

  const percent = (share) => `${Math.round(100 * share)} %`;
  const share = (row) => row[NEGATIVE] / row[OPINIONS];
  // The last two columns of the table are made of others: the share of negative, and its interval.
  const value = (row, column) => (column < SHARE ? row[column] : column === SHARE ? share(row) : row[LOW]);

  function fitting() {
    const state = Object.fromEntries(new FormData(form));
    const text = state.contains.trim().toLowerCase();
    const least = Number(state.least) || 1;
    const rows = data[state.kind].filter((row) => row[OPINIONS] >= least && row[WHAT].toLowerCase().includes(text));
    const sign = order.down ? -1 : 1;
    rows.sort((a, b) => {
      const [x, y] = [value(a, order.column), value(b, order.column)];
      const first = typeof x === "string" ? x.localeCompare(y) : x - y;
      return sign * first || b[OPINIONS] - a[OPINIONS] || a[WHAT].localeCompare(b[WHAT]);
    });
    return { kind: state.kind, rows, all: data[state.kind].length };
  }

  function cell(name, text, scope) {
    const made = document.createElement(name);
    made.textContent = text;
    if (scope) made.scope = scope;
    else made.className = "n";
    return made;
  }

  function show() {
    const { kind, rows, all } = fitting();
    const body = one("rows").tBodies[0];
    body.replaceChildren(
      ...rows.slice(0, shown).map((row) => {
        const line = document.createElement("tr");
        line.append(
          cell("th", row[WHAT], "row"),
          ...row.slice(OPINIONS, NEGATIVE + 1).map((count) => cell("td", count.toLocaleString("en"))),
          cell("td", percent(share(row))),
          cell("td", `${Math.round(100 * row[LOW])} to ${percent(row[HIGH])}`),
        );
        return line;
      }),
    );
    one("tally").textContent = `${Math.min(shown, rows.length)} of ${rows.length} ${kind} shown${rows.length < all ? `, ${all} in all` : ""}.`;
    one("more").hidden = rows.length <= shown;
  }

  // A cell that begins like a formula would be run as one by a spreadsheet.
  const guarded = (text) => (/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text);
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  function download() {
    const { kind, rows } = fitting();
    const names = [kind, "opinions", "reviews", "positive", "neutral", "conflict", "negative", "negative_low", "negative_high"];
    const lines = [names, ...rows.map((row) => [guarded(row[WHAT]), ...row.slice(1)])];
    const text = lines.map((cells) => cells.map((c) => quoted(String(c))).join(",")).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
    link.download = `${kind}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  if (form) {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      shown = PAGE;
      show();
    });
    one("download").addEventListener("click", download);
    one("more").addEventListener("click", () => {
      shown += 4 * PAGE;
      show();
    });
    for (const button of one("rows").tHead.querySelectorAll("button")) {
      button.addEventListener("click", () => {
        const column = Number(button.dataset.column);
        order = { column, down: order.column === column ? !order.down : column !== WHAT };
        for (const head of one("rows").tHead.rows[0].cells) head.removeAttribute("aria-sort");
        button.closest("th").setAttribute("aria-sort", order.down ? "descending" : "ascending");
        shown = PAGE;
        show();
      });
    }
    show();
  }

  addEventListener("beforeprint", () => {
    // Topics are printed as they stand: with all of them open the picture would be no picture.
    for (const part of document.querySelectorAll("details:not(.topic)")) part.open = true;
  });
})();
