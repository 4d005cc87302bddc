// Looking into the cache: keys, entries, search. Everything that a client stored is inserted as
// text.

import { element } from "./chart.js";
import { bytes, span } from "./format.js";
import { get, TokenNeeded } from "./node.js";

const find = (id) => document.getElementById(id);

/** Connects the forms; `needToken` is called where the node asks for one. */
export function connectBrowser(needToken) {
  const guarded = (place, action) => async (event) => {
    event.preventDefault();
    await attempt(place, needToken, () => action(event));
  };
  find("browse-form").addEventListener("submit", guarded("entry", async (event) => {
    const key = find("key").value;
    if (event.submitter?.value === "list" || key === "") {
      find("keys").replaceChildren();
      await list(key, null, needToken);
    } else {
      await open(key, null);
    }
  }));
  find("search-form").addEventListener("submit", guarded("search-results", async () => {
    await search(find("search").value, needToken);
  }));
}

/** Runs an action; what goes wrong is told at `place`. */
async function attempt(place, needToken, action) {
  try {
    await action();
  } catch (error) {
    if (error instanceof TokenNeeded) needToken();
    find(place).replaceChildren(element("p", "note", error.message || "A token is needed."));
  }
}

async function list(prefix, from, needToken) {
  const query = new URLSearchParams({ prefix, ...(from ? { from } : {}) });
  const page = await get(`/entries?${query}`);
  const keys = find("keys");
  keys.querySelector(".more")?.remove();
  for (const row of page.keys) {
    const life = row.ttl === null ? "" : ` · ${span(row.ttl)}`;
    keys.append(choice(row.key, `${bytes(row.bytes)}${life}`, needToken, row.key_encoding));
  }
  if (page.next) {
    const more = element("button", "more", page.keys.length ? "More" : "None so far: look on");
    more.addEventListener("click", () =>
      attempt("entry", needToken, () => list(prefix, page.next, needToken)));
    keys.append(more);
  } else if (!keys.hasChildNodes()) {
    keys.append(element("p", "note", "No key begins so."));
  }
}

/** A button that opens an entry. */
function choice(key, text, needToken, encoding) {
  const button = element("button");
  button.type = "button";
  button.append(element("span", "key", key), element("span", "meta", text));
  button.addEventListener("click", () =>
    attempt("entry", needToken, () => open(key, encoding ?? null)));
  return button;
}

/** Shows an entry; the key is text, or base64 of bytes that are none. */
async function open(key, encoding) {
  const path = encoding === "base64"
    ? [...atob(key)].map((byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`).join("")
    : encodeURIComponent(key);
  const entry = await get(`/entries/${path}`);
  const facts = [
    bytes(entry.bytes), entry.content_type || "no content type", `version ${entry.version}`,
    entry.ttl === null ? "never expires" : `expires in ${span(entry.ttl)}`,
    entry.encoding === "base64" ? "not text: shown as base64" : "",
    entry.truncated ? "only its beginning is shown" : "",
  ].filter(Boolean);
  find("entry").replaceChildren(
    element("h3", "key", entry.key), element("p", "meta", facts.join(" · ")),
    element("pre", "", pretty(entry)));
}

/** JSON is indented, other values are as they are. */
function pretty(entry) {
  if (entry.encoding || entry.truncated || !/^\s*[[{]/.test(entry.value)) return entry.value;
  try {
    return JSON.stringify(JSON.parse(entry.value), null, 2);
  } catch {
    return entry.value;
  }
}

async function search(query, needToken) {
  const answer = await get(`/search?${new URLSearchParams({ q: query })}`);
  const note = `${answer.total} found in ${answer.took_ms} ms`;
  find("search-results").replaceChildren(
    ...answer.hits.map((hit) => choice(hit.key, hit.score.toFixed(2), needToken)),
    element("p", "note", note));
}
