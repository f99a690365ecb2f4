// The page: one review, its opinions marked and listed. `many.js` is its other half.
import { $, POLARITIES, SIGNS, about, ask, count, make, showToken, tell, tidy } from "./api.js";
import "./many.js";

function polarity(name) {
  return make("span", { className: `polarity ${name}` }, make("span", { className: "sign", ariaHidden: "true" }, SIGNS[name]), ` ${name}`);
}

/** Spans of the text with the numbers of the opinions on them; spans that overlap are one. */
function spans(opinions) {
  const placed = opinions.map((opinion, index) => ({ ...opinion, index })).filter((opinion) => opinion.start !== null);
  const found = [];
  for (const opinion of placed.sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = found.at(-1);
    if (last && opinion.start < last.end) {
      last.end = Math.max(last.end, opinion.end);
      last.opinions.push(opinion);
    } else found.push({ start: opinion.start, end: opinion.end, opinions: [opinion] });
  }
  return found;
}

function show(text, opinions) {
  const characters = Array.from(text); // offsets count code points
  const part = (from, to) => characters.slice(from, to).join("");
  const marked = $("marked");
  marked.replaceChildren();
  let at = 0;
  for (const span of spans(opinions)) {
    const names = new Set(span.opinions.map((opinion) => opinion.polarity));
    const mark = make("mark", { className: names.size > 1 ? "conflict" : [...names][0] }, part(span.start, span.end));
    for (const { index, polarity: name } of span.opinions) {
      const link = make("a", { href: `#opinion-${index + 1}`, ariaLabel: `opinion ${index + 1}: ${name}` }, `${SIGNS[name]}${index + 1}`);
      mark.append(make("sup", {}, link));
    }
    marked.append(part(at, span.start), mark);
    at = span.end;
  }
  marked.append(part(at));
  for (const by of ["target", "category"]) {
    document.querySelector(`[data-by=${by}]`).hidden = !about.by.includes(by);
  }
  const rows = opinions.map((opinion, index) => {
    const cells = about.by.map((by) => {
      const said = opinion[by] ?? make("span", { className: "none" }, "not named");
      return make("td", { className: "name" }, said);
    });
    const sure = opinion.confidence === null ? "" : `${Math.round(100 * opinion.confidence)} %`;
    return make("tr", { id: `opinion-${index + 1}` }, make("td", { className: "n" }, index + 1), ...cells,
      make("td", {}, polarity(opinion.polarity)), make("td", { className: "n" }, sure));
  });
  $("opinions").replaceChildren(...rows);
  $("found").hidden = false;
  document.querySelector(".opinions").hidden = !opinions.length;
}

function summary(opinions) {
  if (!opinions.length) return "No opinion found.";
  const parts = POLARITIES.map((name) => [opinions.filter((opinion) => opinion.polarity === name).length, name]);
  const said = parts.filter(([number]) => number).map(([number, name]) => `${number} ${name}`);
  return `${count(opinions.length, "opinion")}: ${said.join(", ")}.`;
}

$("one").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  const text = tidy($("text").value);
  if (!text.trim()) {
    $("found").hidden = true;
    tell($("told"), "The text is empty: write a review above.", true);
    return;
  }
  button.disabled = true;
  tell($("told"), "Reading ...");
  try {
    const { results: [{ opinions, cut }] } = await ask({ text });
    show(text, opinions);
    tell($("told"), summary(opinions) + (cut ? " An answer reached its limit; there may be more." : ""));
  } catch (error) {
    $("found").hidden = true;
    tell($("told"), `Not read: ${error.message}`, true);
  } finally {
    button.disabled = false;
  }
});

$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("one").requestSubmit();
});

async function begin() {
  try {
    Object.assign(about, await (await fetch("v1/about")).json());
  } catch {
    tell($("told"), "The service cannot be reached.", true);
    return;
  }
  const who = [about.reader.name, about.reader.version, `(${about.reader.digest})`].filter(Boolean).join(" ");
  $("about").textContent = `Aspectra ${about.version} \u00b7 ${who} \u00b7 ${about.task}`;
  $("legend").replaceChildren(...POLARITIES.map((name) => make("span", {}, `${SIGNS[name]} ${name}`)));
  if (about.token) showToken();
}

begin();
