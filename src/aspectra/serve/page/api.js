// What both halves of the page stand on: elements, words, and the service. Everything is put in as text, never as HTML.

export const $ = (id) => document.getElementById(id);
export const SIGNS = { positive: "+", negative: "\u2212", neutral: "\u25cb", conflict: "\u00b1" };
export const POLARITIES = Object.keys(SIGNS);
const TRIES = 8;

/** What the service says of itself; until then what it says where nobody changed it. */
export const about = { by: ["target"], limits: { texts: 100, text_characters: 20000, body_bytes: 1e6 }, token: false, topics: false };

export function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function tell(place, text, wrong = false) {
  place.classList.toggle("wrong", wrong);
  place.textContent = text;
}

export const count = (number, one, more = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : more}`;
export const tidy = (text) => text.replaceAll("\0", "\ufffd").toWellFormed();
const sleep = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

/** The answer of the service to a request. Throws an Error that says why not; `again` in it: in how many seconds. */
export async function ask(body, signal, path = "v1/extract") {
  const headers = { "Content-Type": "application/json" };
  if ($("token").value) headers.Authorization = `Bearer ${$("token").value.trim()}`;
  let response;
  try {
    response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw Object.assign(new Error("the service cannot be reached"), { again: 2 });
  }
  if (response.ok) return response.json();
  const detail = await response.json().then((answer) => answer.detail, () => response.statusText);
  const error = new Error(response.status === 401 ? "the token is missing or wrong" : detail);
  if (response.status === 401) showToken();
  if ([429, 503, 504].includes(response.status)) error.again = Number(response.headers.get("Retry-After")) || 2;
  throw error;
}

/** The same, asked again while the service is busy or away. */
export async function insist(body, signal, path) {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask(body, signal, path);
    } catch (error) {
      if (!error.again || tried === TRIES || signal.aborted) throw error;
      await sleep(Math.min(30, error.again * tried));
    }
  }
}

export function showToken() {
  $("token-form").hidden = false;
}
