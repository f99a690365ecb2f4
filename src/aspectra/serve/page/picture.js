// The first picture of `aspectra analyze`, for a file of reviews: topics by how many reviews complain of them.
import { $, about, make } from "./api.js";

const AROUND = { sentences: 2, characters: 120 }; // of a target, by which the service tells what it means
const TARGETS = 5000; // in a request
const SHOWN = 15;
const OTHER = "other";
const PARTS = [["negative", "complain"], ["positive", "only praise"], ["neutral", "neither"]];

/** Every target with how often it is named, and what stands around it. */
function targets(results, said) {
  const found = new Map();
  results.forEach((opinions, row) => {
    if (!opinions?.length) return;
    const letters = Array.from(said(row));
    for (const { target, start, end } of opinions) {
      if (!target?.trim() || target.length > 200) continue;
      const key = target.toLowerCase();
      if (!found.has(key)) found.set(key, { target: key, count: 0, around: [] });
      const one = found.get(key);
      one.count += 1;
      if (start === null || one.around.length === AROUND.sentences) continue;
      const half = AROUND.characters / 2;
      one.around.push(letters.slice(Math.max(0, start - half), start).join("") + letters.slice(end, end + half).join(""));
    }
  });
  return [...found.values()].sort((a, b) => b.count - a.count).slice(0, TARGETS);
}

/** The most frequent targets that one request has room for. */
function fitting(all) {
  let room = about.limits.body_bytes - 100;
  const bytes = (one) => new TextEncoder().encode(JSON.stringify(one)).length + 1;
  return all.filter((one) => (room -= bytes(one)) > 0);
}

/** Of each topic how many reviews speak of it, complain of it, and only praise it; most complaints first. */
function counted(results, topicOf) {
  const found = new Map();
  for (const opinions of results) {
    const named = new Map();
    for (const { target, polarity } of opinions ?? []) {
      const topic = target ? topicOf.get(target.toLowerCase()) ?? OTHER : "overall";
      named.set(topic, (named.get(topic) ?? new Set()).add(polarity));
    }
    for (const [topic, polarities] of named) {
      if (!found.has(topic)) found.set(topic, { topic, reviews: 0, negative: 0, positive: 0 });
      const one = found.get(topic);
      one.reviews += 1;
      if (polarities.has("negative")) one.negative += 1;
      else if (polarities.has("positive")) one.positive += 1;
    }
  }
  for (const one of found.values()) one.neutral = one.reviews - one.negative - one.positive;
  return [...found.values()].sort((a, b) => (a.topic === OTHER) - (b.topic === OTHER) || b.negative - a.negative || b.reviews - a.reviews);
}

function bar(row, most) {
  const made = (name, values) => {
    const one = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(values)) one.setAttribute(key, value);
    return one;
  };
  const svg = made("svg", { width: "100%", height: 24, "aria-hidden": "true" });
  let start = 0;
  for (const [name] of PARTS) {
    const wide = (100 * row[name]) / most;
    if (wide) svg.append(made("rect", { x: `${start}%`, width: `${wide}%`, y: 3, height: 18, class: `part ${name}` }));
    start += wide;
  }
  return svg;
}

/** Draw the topics of what was found, for which the service is asked by `asks`; false where it has none, or nothing was found. */
export async function picture(results, said, asks) {
  $("picture-box").hidden = true;
  const asked = about.topics ? fitting(targets(results, said)) : [];
  if (!asked.length) return false;
  const { topics } = await asks({ targets: asked }, new AbortController().signal, "v1/topics");
  const topicOf = new Map(topics.flatMap(({ topic, targets: some }) => some.map((target) => [target, topic])));
  const beside = new Map(topics.map(({ topic, targets: some }) => [topic, some.filter((one) => one !== topic).slice(0, 3).join(", ")]));
  const rows = counted(results, topicOf).slice(0, SHOWN);
  const most = Math.max(...rows.map((row) => row.reviews));
  $("picture").replaceChildren(...rows.map((row) => make("tr", {},
    make("th", { scope: "row" }, row.topic, make("small", {}, beside.get(row.topic) ?? "")),
    make("td", { className: "reviews" }, bar(row, most), make("span", { className: "unseen" }, PARTS.map(([name, words]) => `${row[name]} ${words}`).join(", "))),
    make("td", { className: "n" }, make("b", {}, `${Math.round((100 * row.negative) / row.reviews)}\u00a0%`), make("small", {}, `${row.negative} of ${row.reviews}`)))));
  $("picture-box").hidden = false;
  return true;
}
