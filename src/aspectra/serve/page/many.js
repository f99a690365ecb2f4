// A file of reviews: read here, sent to the service in pieces, given back as CSV.
import { $, about, ask, count, insist, make, tell, tidy } from "./api.js";
import { picture } from "./picture.js";
import { line, named, parse, renamed, separator } from "./table.js";

const TEXT = ["text", "review", "sentence", "content", "body", "comment", "review_text", "reviewtext", "review_body"];
const OURS = ["review_row", "target", "category", "polarity", "start", "end", "confidence", "note"];
const PIECE = { texts: 16, characters: 8000 };
const TOGETHER = 2; // pieces on their way at once, so that the service never waits for us
const LARGEST = 100e6; // bytes of a file

let job = null; // {name, columns, rows, column, results, notes, stop}

async function decoded(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const head = String.fromCharCode(...bytes.subarray(0, 4));
  if (head === "PAR1" || /\.(jsonl?|ndjson)$/i.test(file.name)) throw new Error("it is not a CSV file; for other files use: aspectra analyze");
  if (head.startsWith("PK")) throw new Error("it is a spreadsheet or an archive; save its table as CSV");
  if (head.startsWith("\xff\xfe")) return new TextDecoder("utf-16le").decode(bytes);
  if (head.startsWith("\xfe\xff")) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    if (bytes.includes(0)) throw new Error("it is not a text file; save its table as CSV");
    return new TextDecoder("windows-1252").decode(bytes); // what spreadsheets write where they do not write UTF-8
  }
}

$("file").addEventListener("change", async () => {
  job?.stop?.abort();
  job = null;
  for (const id of ["column-field", "work", "picture-box", "topics-box", "save", "stop"]) $(id).hidden = true;
  $("start").disabled = true;
  tell($("news"), "");
  const file = $("file").files[0];
  if (!file) return;
  try {
    if (file.size > LARGEST) throw new Error("it is too large for a browser; use: aspectra analyze");
    const text = await decoded(file);
    const [header, ...rows] = parse(text, separator(text));
    if (!rows.length) throw new Error("it has no rows below the header");
    job = { name: file.name, columns: named(header), rows };
  } catch (error) {
    tell($("news"), `${file.name} cannot be read: ${error.message}.`, true);
    return;
  }
  const names = job.columns.map((name) => name.trim().toLowerCase());
  const guess = TEXT.map((name) => names.indexOf(name)).find((index) => index >= 0) ?? 0;
  $("column").replaceChildren(...job.columns.map((name, index) => make("option", { value: index, selected: index === guess }, name)));
  tell($("rows"), count(job.rows.length, "row"));
  $("column-field").hidden = false;
  $("start").textContent = "Start";
  $("start").disabled = false;
});

$("column").addEventListener("change", () => {
  if (!job) return;
  job.results = undefined;
  $("start").textContent = "Start";
  $("start").disabled = false;
  for (const id of ["save", "work", "picture-box", "topics-box"]) $(id).hidden = true;
});

/** Numbers of the rows that are still to be asked about, in pieces. What cannot be sent gets a note. */
function* pieces() {
  const { limits } = about;
  let piece = [];
  let size = 0;
  for (let row = 0; row < job.rows.length; row += 1) {
    if (job.results[row] || job.notes[row]) continue;
    const text = said(row);
    if (!text.trim()) job.notes[row] = "empty";
    else if (Array.from(text).length > limits.text_characters || 6 * text.length > limits.body_bytes - 100) job.notes[row] = "too long, left out";
    if (job.notes[row]) continue;
    const most = Math.min(PIECE.characters, limits.body_bytes / 6 - 100);
    if (piece.length && (piece.length === Math.min(PIECE.texts, limits.texts) || size + text.length > most)) {
      yield piece;
      piece = [];
      size = 0;
    }
    piece.push(row);
    size += text.length;
  }
  if (piece.length) yield piece;
}

const said = (row) => tidy(job.rows[row][job.column] ?? "");

async function work() {
  const mine = job;
  const waiting = pieces();
  const sender = async () => {
    for (const piece of waiting) {
      const { results } = await insist({ texts: piece.map(said) }, mine.stop.signal);
      if (job !== mine) return;
      piece.forEach((row, index) => {
        mine.results[row] = results[index].opinions;
        if (results[index].cut) mine.notes[row] = "cut";
        else if (!results[index].opinions.length) mine.notes[row] = "no opinion";
      });
      advance();
      if (mine.stop.signal.aborted) return;
    }
  };
  // The first that fails ends all: the others would fail as well.
  await Promise.all(Array.from({ length: TOGETHER }, () => sender().catch((error) => {
    mine.stop.abort();
    throw error;
  })));
}

const finished = () => job.results.reduce((sum, _, row) => sum + Boolean(job.results[row] || job.notes[row]), 0);

function clock(seconds) {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")} min`;
}

function advance(all = false) {
  const now = performance.now();
  if (!all && now - (job.shown ?? 0) < 300) return;
  job.shown = now;
  const done = finished();
  const total = job.rows.length;
  $("progress").value = done / total;
  const spent = (now - job.began) / 1000;
  const rest = done > job.before ? `, ${clock((spent / (done - job.before)) * (total - done))} left` : "";
  tell($("left"), `${done.toLocaleString("en")} of ${count(total, "review")}${done < total ? rest : ""}`);
  const quarter = Math.floor((4 * done) / total);
  if (quarter > job.quarter && done < total) {
    job.quarter = quarter;
    tell($("news"), `More than ${25 * quarter} % is read.`);
  }
  topics();
}

function topics() {
  const by = about.by[0];
  const found = new Map();
  for (const opinion of job.results.flat()) {
    const name = opinion?.[by];
    if (!name) continue;
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, { name, all: 0 });
    const topic = found.get(key);
    topic.all += 1;
    topic[opinion.polarity] = (topic[opinion.polarity] ?? 0) + 1;
  }
  const most = [...found.values()].sort((a, b) => b.all - a.all).slice(0, 10);
  const number = (value, name) => make("td", { className: `n ${name}` }, (value ?? 0).toLocaleString("en"));
  $("topics").replaceChildren(...most.map((topic) => make("tr", {}, make("th", { scope: "row" }, topic.name),
    ...["all", "positive", "neutral", "negative", "conflict"].map((name) => number(topic[name], name)))));
  // Few tasks have it, and a small screen has no room for a column of zeros.
  const mixed = most.some((topic) => topic.conflict);
  document.querySelectorAll(".topics .conflict").forEach((part) => { part.hidden = !mixed; });
  $("topic").textContent = by === "target" ? "Target" : "Category";
  $("topics-box").hidden = !most.length;
}

$("many").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!job) return;
  const mine = job;
  job.column = Number($("column").value);
  // Array.from: a hole in an array is no row.
  job.results ??= Array.from({ length: job.rows.length }, () => null);
  job.notes ??= [];
  if (job.results.every((found) => found === null)) job.notes = [];
  Object.assign(job, { stop: new AbortController(), stopped: false, began: performance.now(), before: finished(), quarter: 0 });
  for (const id of ["start", "column", "file"]) $(id).disabled = true;
  $("work").hidden = $("stop").hidden = false;
  $("save").hidden = $("picture-box").hidden = true;
  tell($("news"), "Reading ...");
  $("stop").focus();
  let news = "";
  let wrong = false;
  try {
    await work();
  } catch (error) {
    wrong = !mine.stopped;
    if (wrong) news = `Stopped: ${error.message}. `;
  }
  const done = finished();
  advance(true);
  // The table by words stands there already: a service that failed is not waited for once more.
  const drawn = await picture(mine.results, said, wrong ? ask : insist).catch(() => false);
  if (job !== mine) return;
  $("topics-box").hidden ||= drawn;
  const opinions = mine.results.flat().filter(Boolean).length;
  news += done === mine.rows.length ? "Done: " : wrong ? "" : "Stopped: ";
  news += `${count(opinions, "opinion")} in ${count(done, "review")}.`;
  const left = mine.notes.filter((note) => note?.startsWith("too long")).length;
  if (left) news += ` ${count(left, "review")} too long for this service ${left === 1 ? "was" : "were"} left out.`;
  tell($("news"), news, wrong);
  $("stop").hidden = true;
  $("save").hidden = !done;
  for (const id of ["column", "file"]) $(id).disabled = false;
  $("start").disabled = done === mine.rows.length;
  $("start").textContent = done < mine.rows.length ? "Go on" : "Start";
  (done === mine.rows.length ? $("save") : $("start")).focus();
});

$("stop").addEventListener("click", () => {
  job.stopped = true;
  job.stop.abort();
});

/** The result, one row an opinion; a review without any has a row with a note. */
function* output() {
  yield "\ufeff" + line([...OURS, ...renamed(job.columns, OURS)]);
  for (const [index, row] of job.rows.entries()) {
    const own = job.columns.map((_, column) => row[column] ?? "");
    const note = job.notes[index] ?? (job.results[index] ? "" : "not read");
    const opinions = job.results[index]?.length ? job.results[index] : [{}];
    for (const o of opinions) {
      yield line([index + 1, o.target, o.category, o.polarity, o.start, o.end, o.confidence, note, ...own]);
    }
  }
}

$("save").addEventListener("click", () => {
  const url = URL.createObjectURL(new Blob([...output()], { type: "text/csv;charset=utf-8" }));
  make("a", { href: url, download: `${job.name.replace(/\.[^.]*$/, "")}-opinions.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
});
