// The settings of the latest fit that was recorded.

import { empty, put, table } from "./element.js";
import { number, value } from "./format.js";
import { state } from "./state.js";

export function settings(body) {
  let drawn = null;
  return () => {
    const run = state.record;
    if (run === drawn) return;
    drawn = run;
    put(body, run ? table(`Fit ${run.id}`, [{ head: "setting" }, { head: "value" }], rowsOf(run)) : empty("No fit was recorded yet."));
  };
}

// rowsOf are a run's settings as pairs of texts.
export function rowsOf(run) {
  const pairs = [["seed", String(run.seed ?? "")], ["workers", number(run.workers?.length ?? 0)]];
  const learners = new Map();
  for (const w of run.workers ?? []) {
    const text = `${w.learner ?? "of the Python package"}${w.params ? ` ${value(w.params)}` : ""}`;
    learners.set(text, (learners.get(text) ?? 0) + 1);
  }
  for (const [text, n] of learners) pairs.push(["learner", n === run.workers.length ? text : `${text} (${n} workers)`]);
  for (const [name, v] of Object.entries(run.settings ?? {})) pairs.push([name, value(v)]);
  return pairs;
}
