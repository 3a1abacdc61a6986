// The events of fits, live or of a run that was kept.

import { get, paths } from "./server.js";

const kinds = [
  "fit_started", "worker_began", "worker_fitted", "worker_failed", "fit_committed", "fit_failed", "fit_cancelled", "fit_resumed", "checkpoint_damaged",
  "step", "worker_down", "worker_up", "worker_caught_up", "worker_outlier", "model_served",
];

// listen calls tell(kind, event) for every event, first for those of the latest fit, and connected(whether) when the
// connection comes or goes. A connection that breaks is made again: the browser then asks for what it has missed.
export function listen(tell, connected) {
  let pause = 500;
  const open = () => {
    const source = new EventSource(paths.events);
    source.onopen = () => { pause = 500; connected(true); };
    source.onerror = () => {
      connected(false);
      if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
      setTimeout(open, pause);
      pause = Math.min(2 * pause, 10000);
    };
    for (const kind of kinds) source.addEventListener(kind, (e) => tell(kind, JSON.parse(e.data)));
  };
  open();
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
