// What the page knows: the status of the master, and the latest fit as its events tell it.

import { Curve, Histogram } from "./series.js";

const mostSteps = 120; // with the part of every worker, for the timeline

export const state = {
  status: null, // of the master
  connected: false,
  replaying: false,
  fit: newFit(null),
  ended: 0, // how many fits, or changes of the model, have been told
};

// targetless reports whether the model in service is for a task without targets.
export const targetless = () => ["clustering", "decomposition"].includes(state.status?.task);

function newFit(id) {
  return {
    id, running: false, end: "", reason: "", done: 0, total: 0, step: 0, maxIter: 0, loss: new Curve(), lossOf: null,
    steps: [], // the latest step events
    spans: new Map(), // by worker: its part of a fit without steps
    totals: new Map(), // by worker: what it did in all steps
    times: new Map(), // by worker: a histogram of its answers
    pipeline: null, notes: [],
  };
}

const tellers = {
  fit_started(e) {
    if (e.resumed && e.fit_id === state.fit.id) { // another program goes on with it
      Object.assign(state.fit, { running: true, end: "", reason: "" });
      return;
    }
    state.fit = newFit(e.fit_id);
    state.fit.running = true;
    state.fit.total = e.workers.length;
  },
  worker_began(e) {
    state.fit.spans.set(e.worker, { worker: e.worker, from: e.at ?? 0, rows: e.rows });
  },
  worker_fitted(e) {
    const { fit } = state;
    fit.done = e.done;
    const f = e.fit;
    const span = { worker: f.worker, from: e.sent_at ?? fit.spans.get(f.worker)?.from ?? 0, to: e.answered_at, computing: f.seconds, wire: f.wire_seconds, rows: f.rows };
    span.to ??= span.from + span.computing + span.wire;
    fit.spans.set(f.worker, span);
    if (fit.step === 0) {
      timed(fit, f.worker, span.to - span.from);
      fit.totals.set(f.worker, {
        steps: 1, computing_seconds: f.seconds, wire_seconds: f.wire_seconds, waiting_seconds: f.waiting_seconds, bytes_sent: f.bytes_sent, bytes_received: f.bytes_received,
      });
    }
  },
  worker_failed(e) {
    state.fit.done = e.done;
    note(`${e.failure.worker} is left out: ${e.failure.reason ?? e.failure.error ?? "it failed"}`);
  },
  step(e) {
    const { fit } = state;
    if (e.step < fit.step) { // it went back to a checkpoint
      fit.steps = fit.steps.filter((s) => s.step < e.step);
    }
    fit.step = e.step;
    fit.maxIter = e.max_iter;
    if (e.loss !== undefined) fit.loss.add(e.step, e.loss); // else it is not known
    if (e.pipeline) fit.pipeline = e.pipeline;
    for (const part of e.parts ?? []) {
      fit.totals.set(part.worker, part.total);
      if (!part.missed) timed(fit, part.worker, (part.answered_at ?? 0) - (part.sent_at ?? 0));
    }
    if (e.parts?.length) fit.steps.push(e);
    if (fit.steps.length > mostSteps) fit.steps.splice(0, fit.steps.length - mostSteps);
  },
  fit_resumed(e) {
    note(`It goes on from step ${e.recovery.from_step}: ${e.recovery.worker ? `${e.recovery.worker}: ` : ""}${e.recovery.reason}`);
  },
  checkpoint_damaged(e) { note(`The checkpoint ${e.file} of ${e.worker} is damaged: ${e.reason}`); },
  worker_outlier(e) { note(`${e.worker} stands out: ${e.reason}`); },
  fit_committed(e) { end("succeeded", "", e.seconds); },
  fit_failed(e) { end("failed", e.reason); },
  fit_cancelled() { end("cancelled", ""); },
  model_served(e) {
    state.ended++;
    note(`The stored model ${e.fit_id} is in service.`);
  },
  worker_down(e) { member(e.worker, { state: "down", reason: e.reason }); },
  worker_up(e) { member(e.worker, { state: "up", reason: "" }); },
  worker_joined(e) { note(`${e.worker} joins at step ${e.step}, with ${e.rows} rows`); },
  worker_left(e) {
    member(e.worker, { state: "away", reason: "it has left, as it was asked to" });
    if (e.fit_id) note(`${e.worker} has left: from step ${e.step} on, its ${e.rows} rows are missing`);
  },
  worker_caught_up(e) { member(e.worker, { state: "up", reason: "" }); },
};

// told changes the state as an event says.
export function told(kind, event) {
  const fit = event.fit_id;
  if (fit && fit !== state.fit.id && !["fit_started", "model_served", "worker_caught_up"].includes(kind)) {
    state.fit = newFit(fit); // the page came when the start was forgotten
    state.fit.running = true;
  }
  tellers[kind]?.(event);
}

function timed(fit, worker, seconds) {
  if (!fit.times.has(worker)) fit.times.set(worker, new Histogram());
  fit.times.get(worker).add(seconds);
}

function note(text) {
  state.fit.notes.push(text);
  if (state.fit.notes.length > 20) state.fit.notes.shift();
}

function end(how, reason, seconds) {
  Object.assign(state.fit, { running: false, end: how, reason, seconds });
  state.ended++;
}

function member(worker, change) {
  const found = state.status?.workers.find((m) => m.worker === worker);
  if (found) Object.assign(found, change, { since: new Date().toISOString() });
}
