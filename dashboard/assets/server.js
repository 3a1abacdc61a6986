// What the page asks the master. A refusal is an Error whose message is the problem's own sentence.

import { enter, headers, token } from "./access.js";

// send makes a request. A master that asks for a token gets one, as soon as the reader has entered it.
export async function send(path, options) {
  for (;;) {
    const shown = token();
    const answer = await fetch(path, { ...options, headers: { ...options.headers, ...headers() } });
    if (answer.status !== 401) return answer;
    await enter(shown);
  }
}

async function ask(method, path, body, signal) {
  let answer;
  try {
    answer = await send(path, {
      method, signal, body: body === undefined ? undefined : JSON.stringify(body),
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
    });
  } catch (e) {
    throw e.name === "AbortError" ? e : new Error("The master does not answer.");
  }
  const text = await answer.text();
  let content = null;
  try {
    content = text ? JSON.parse(text) : null;
  } catch {
    if (answer.ok) return text;
  }
  if (!answer.ok) {
    const error = new Error(content?.detail ?? `The master answered ${answer.status} ${answer.statusText}.`);
    error.status = answer.status;
    throw error;
  }
  return content;
}

export const get = (path, signal) => ask("GET", path, undefined, signal);
export const post = (path, body, signal) => ask("POST", path, body, signal);
export const remove = (path) => ask("DELETE", path);

export const paths = {
  status: "/v1/chimera/status?report=false", fit: "/v1/chimera/fit", events: "/v1/chimera/fit/events", runs: "/v1/chimera/runs", models: "/v1/chimera/models",
  importances: "/v1/chimera/importances", structure: "/v1/chimera/structure", learners: "/v1/chimera/learners", document: "/openapi.json",
};
