// The page: it asks for the status, listens to events, and draws the panels anew when something has changed.

import { say } from "./element.js";
import { number, percent, seconds } from "./format.js";
import { panels } from "./panels.js";
import { get, post, remove, paths } from "./server.js";
import { state, targetless, told } from "./state.js";
import { listen, replay } from "./stream.js";

const at = (id) => document.getElementById(id);
const drawEvery = 100, lookEvery = 10000; // milliseconds

function problem(error) {
  const text = error ? error.message : "";
  say(at("problem"), text);
  at("problem").hidden = text === "";
}

const draws = Object.entries(panels).map(([id, make]) => make(at(`${id}-body`), problem));

let planned = false;
function redraw() {
  if (planned) return;
  planned = true;
  setTimeout(() => requestAnimationFrame(() => {
    planned = false;
    head();
    for (const draw of draws) draw();
  }), drawEvery);
}

function head() {
  const { status, fit, connected, replaying } = state, down = status?.workers.filter((m) => m.state !== "up" && m.state !== "away").length ?? 0;
  const [text, how] = replaying ? ["replay", "warn"] : !connected ? ["not connected", "bad"] : fit.running ? ["fitting", "warn"]
    : down ? [`${down} of ${status.workers.length} workers not up`, "bad"] : status?.fitted ? ["serving", "good"] : ["no model yet", "warn"];
  say(at("state"), text);
  at("state").dataset.state = how;
  at("fit").disabled = replaying || fit.running || !connected;
  at("cancel").disabled = replaying || !fit.running;
  const share = fit.maxIter ? fit.step / fit.maxIter : fit.total ? fit.done / fit.total : 0;
  at("bar").value = fit.end === "succeeded" ? 1 : share;
  const last = fit.notes.at(-1);
  say(at("told"), sentence(fit, share) + (last ? ` ${last}` : ""));
}

function sentence(fit, share) {
  if (!fit.id) return state.status?.fitted ? `The model of fit ${state.status.fit_id} serves.` : "No fit yet.";
  const far = fit.maxIter ? `step ${number(fit.step)} of at most ${number(fit.maxIter)}` : `${fit.done} of ${fit.total} workers`;
  if (fit.running) return `Fit ${fit.id}: ${far}, ${percent(share)}.`;
  if (fit.end === "succeeded") return `Fit ${fit.id} succeeded${fit.seconds ? ` in ${seconds(fit.seconds)}` : ""}: ${far}.`;
  return `Fit ${fit.id} ${fit.end || "ended"}${fit.reason ? `: ${fit.reason}` : ""}.`;
}

// look asks for the status, and for what changes only when a fit has ended or another model is served.
let seen = -1, looking = false;
async function look() {
  if (looking || state.replaying) return;
  looking = true;
  try {
    state.status = await get(paths.status);
    if (seen !== state.ended) {
      const now = state.ended;
      await records();
      seen = now;
    }
  } catch (e) {
    if (state.connected) problem(e);
  } finally { looking = false; }
  redraw();
}

async function records() {
  const missing = (e) => { // models may not be kept, and not every model tells what it goes by
    if (e.status === 404 || e.status === 409) return null;
    throw e;
  };
  const history = await get(paths.runs).catch(missing);
  state.history = history?.runs ?? [];
  const serving = state.history.find((r) => r.serving) ?? state.history[0];
  const record = serving ? await get(`${paths.runs}/${encodeURIComponent(serving.id)}`).catch(missing) : null;
  state.record = record;
  state.learners = new Map((record?.workers ?? []).map((w) => [w.name, w]));
  state.structure = targetless() ? await get(paths.structure).catch(missing) : null;
  state.importances = state.status.fitted && await tellsImportances(record) ? await get(paths.importances).catch(missing) : null;
}

// tellsImportances reports whether a learner of a fit has them: not every kind of learner does.
let known = null;
async function tellsImportances(record) {
  known ??= new Map((await get(paths.learners)).map((l) => [l.name, l.capabilities]));
  return (record?.workers ?? []).some((w) => known.get(w.learner)?.includes("importances"));
}

function theme() {
  const chosen = at("theme");
  chosen.value = localStorage.getItem("theme") ?? "";
  const apply = () => {
    localStorage.setItem("theme", chosen.value);
    if (chosen.value) document.documentElement.dataset.theme = chosen.value;
    else delete document.documentElement.dataset.theme;
    redraw();
  };
  chosen.addEventListener("change", apply);
  apply();
}

function act(button, ask) {
  at(button).addEventListener("click", async () => {
    problem(null);
    at(button).disabled = true;
    try { await ask(); } catch (e) { problem(e); }
    redraw();
  });
}

const kindsThatLook = new Set(["fit_committed", "fit_failed", "fit_cancelled", "model_served", "worker_down", "worker_up", "worker_caught_up", "worker_failed", "worker_joined", "worker_left"]);

theme();
act("fit", () => post(`${document.body.dataset.fit}?wait=false`));
act("cancel", () => remove(paths.fit));
for (const kind of ["input", "change", "toggle", "redraw"]) document.addEventListener(kind, redraw, true);
window.addEventListener("resize", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

const run = new URLSearchParams(location.search).get("run");
if (run) {
  at("replay").hidden = false;
  say(at("replayed"), run);
  await look();
  state.replaying = true;
  replay(run, (kind, event) => { told(kind, event); redraw(); }, () => Number(at("speed").value)).catch(problem);
} else {
  listen((kind, event) => {
    told(kind, event);
    if (kindsThatLook.has(kind)) look();
    redraw();
  }, (connected) => {
    state.connected = connected;
    look();
    redraw();
  });
  setInterval(look, lookEvery);
  look();
}
