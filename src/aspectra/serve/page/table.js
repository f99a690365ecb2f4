// CSV in and out, as pure functions: page.js reads a user's file with them and writes the result.

const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const NUMBER = /^[+-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+-]?\d+)?%?$/;

/** The separator that the header line has most of, outside quotes. */
export function separator(text) {
  const head = text.slice(0, 65536).replace(/"(?:[^"]|"")*"/g, "").split(/[\r\n]/, 1)[0];
  const count = (mark) => head.split(mark).length;
  return [",", ";", "\t"].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

/** The rows of a CSV text, each a list of cells. Lines without anything are left out; an open quote is an Error. */
export function parse(text, mark) {
  const stop = new RegExp(`[${mark}\\r\\n]`, "g");
  const until = (from) => {
    stop.lastIndex = from;
    const hit = stop.exec(text);
    return hit ? hit.index : text.length;
  };
  const rows = [];
  let row = [];
  let at = text.match(/^\ufeff*/)[0].length;
  while (at < text.length || row.length) {
    let cell = "";
    if (text[at] === '"') {
      for (at += 1; ; at += 2) {
        const end = text.indexOf('"', at);
        if (end < 0) throw new Error(`a quote opens in line ${text.slice(0, at).split("\n").length} and never closes`);
        cell += text.slice(at, end);
        at = end;
        if (text[end + 1] !== '"') break;
        cell += '"';
      }
      at += 1;
    }
    const end = until(at);
    row.push(cell + text.slice(at, end));
    at = end;
    if (text[at] === mark) {
      at += 1;
      continue;
    }
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    at += text[at] === "\r" && text[at + 1] === "\n" ? 2 : 1;
  }
  return rows;
}

/** A cell of CSV that no spreadsheet takes for a formula: text that begins like one gets an apostrophe. */
export function cell(value) {
  if (value === null || value === undefined) return "";
  let text = String(value);
  if (typeof value === "string" && FORMULA.test(text) && !NUMBER.test(text)) text = `'${text}`;
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export const line = (cells) => `${cells.map(cell).join(",")}\r\n`;

/** The names of columns; one without a name gets it by its place from 1, as `aspectra analyze` names it. */
export function named(header) {
  const taken = new Set(header.map((name) => name.trim()));
  return header.map((name, index) => {
    if (name.trim()) return name;
    let free = `column_${index + 1}`;
    while (taken.has(free)) free += "_";
    return free;
  });
}

/** The columns of a table beside columns of ours: one that has the name of ours gets `review_` before. */
export function renamed(columns, ours) {
  const taken = new Set([...ours, ...columns]);
  return columns.map((name) => {
    if (!ours.includes(name)) return name;
    let free = `review_${name}`;
    while (taken.has(free)) free += "_";
    taken.add(free);
    return free;
  });
}
