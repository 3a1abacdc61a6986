// The events of fits, live or of a run that was kept.

import { get, paths, send } from "./server.js";

const kinds = [
  "fit_started", "worker_began", "worker_fitted", "worker_failed", "fit_committed", "fit_failed", "fit_cancelled", "fit_resumed", "checkpoint_damaged",
  "step", "worker_down", "worker_up", "worker_caught_up", "worker_outlier", "model_served", "worker_joined", "worker_left",
];

// listen calls tell(kind, event) for every event, first for those of the latest fit, and connected(whether) when the
// connection comes or goes. A connection that breaks is made again, and the master then asked for what was missed. It is no EventSource, which
// cannot show a token.
export async function listen(tell, connected) {
  let pause = 500, last = 0;
  for (;;) {
    try {
      const answer = await send(paths.events, {
        cache: "no-store", headers: { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": String(last) } : {}) },
      });
      if (answer.ok) {
        pause = 500;
        connected(true);
        await read(answer.body, (id, kind, data) => {
          if (id) last = id;
          if (kinds.includes(kind)) tell(kind, JSON.parse(data));
        });
      }
    } catch { /* the master is gone, or the connection to it is */ }
    connected(false);
    await new Promise((done) => setTimeout(done, pause));
    pause = Math.min(2 * pause, 10000);
  }
}

// read calls each(id, kind, data) for the events of a body, until it ends.
async function read(body, each) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", id = 0, kind = "", data = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const [, field, text] = /^([^:]*):? ?(.*?)\r?$/.exec(line);
      if (line === "" || line === "\r") {
        if (kind) each(id, kind, data);
        id = 0; kind = ""; data = "";
      } else if (field === "id") id = Number(text);
      else if (field === "event") kind = text;
      else if (field === "data") data += text;
    }
  }
}

// replay plays the events that were kept of a run. speed() is how many times as fast as they came, 0 for at once.
export async function replay(run, tell, speed) {
  const lines = await get(`${paths.runs}/${encodeURIComponent(run)}/events`);
  const events = (typeof lines === "string" ? lines.split("\n").filter(Boolean).map((l) => JSON.parse(l)) : [lines]).filter((e) => e?.kind);
  let before = null;
  for (const { time, kind, event } of events) {
    const at = Date.parse(time);
    if (before !== null && kind !== "fit_started" && speed() > 0) await pause((at - before) / speed());
    before = at;
    tell(kind, event);
  }
}

const pause = (ms) => (ms > 1 ? new Promise((done) => setTimeout(done, Math.min(ms, 10000))) : undefined);
