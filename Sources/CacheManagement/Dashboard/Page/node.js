// Requests to the node, with the token where one is needed, and its feed of samples.

const tokenName = "dcs-token";

/** The node wants a token, or a better one. */
export class TokenNeeded extends Error {}

export function setToken(token) {
  sessionStorage.setItem(tokenName, token);
}

async function ask(path, options = {}) {
  const token = sessionStorage.getItem(tokenName);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(path, { ...options, headers, cache: "no-store" });
  if (answer.status === 401) throw new TokenNeeded();
  return answer;
}

/** JSON of a path; throws an error with the node's own words. */
export async function get(path) {
  const answer = await ask(path);
  const document = await answer.json();
  if (!answer.ok) throw new Error(document.detail ?? `status ${answer.status}`);
  return document;
}

/** Calls `receive(name, document)` for each event until the feed ends. */
export async function follow(receive) {
  const answer = await ask("/dashboard/events");
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const [, name, data] = event.match(/^event: (\w+)\ndata: (.*)$/s) ?? [];
      if (name) receive(name, JSON.parse(data));
    }
  }
}
