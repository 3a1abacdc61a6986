// What every worker did in the latest steps, or in a fit without steps: computing, on the wire, waiting. Steps are drawn
// side by side, each as wide as it was long; of fast steps not every one is told.

import { element, empty, put, say, table } from "./element.js";
import { bytes, number, percent, seconds } from "./format.js";
import { state } from "./state.js";

const mostRows = 100, rowHeight = 20, axis = 22;

export function timeline(body) {
  const shown = element("input", { type: "range", id: "steps", min: 1, max: 120, value: 24 });
  const controls = element("div", { class: "row" }, element("label", { for: "steps" }, "Steps shown"), shown);
  const legend = element("ul", { class: "legend" }, ...[["compute", "computing"], ["wire", "on the wire"], ["wait", "waiting"]].map(([kind, text]) =>
    element("li", {}, element("i", { class: kind }), text)));
  const canvas = element("canvas", { role: "img", tabindex: 0, "aria-describedby": "timeline-keys" });
  const keys = element("p", { id: "timeline-keys", class: "says" }, "Arrow keys choose a step; its figures are below.");
  const bubble = element("p"), note = element("p", { class: "says" });
  const figures = element("div"), open = element("details", {}, element("summary", {}, "Figures of the chosen step"), figures);
  const none = empty("Nothing was fitted yet.");
  put(body, none, controls, legend, canvas, keys, bubble, note, open);
  let chosen = null; // the number of a step; null for the latest
  let drawn = "";
  canvas.addEventListener("keydown", (e) => {
    const steps = columns(state.fit, Number(shown.value)), turn = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (e.key === "End") chosen = null;
    else if (turn && steps.length) {
      const at = chosen === null ? steps.length - 1 : steps.findIndex((s) => s.step === chosen);
      chosen = steps[Math.max(0, Math.min(steps.length - 1, at + turn))].step;
    } else return;
    e.preventDefault();
    drawn = "";
    document.dispatchEvent(new Event("redraw"));
  });
  return () => {
    const { fit } = state;
    const steps = columns(fit, Number(shown.value));
    for (const part of [controls, legend, canvas, keys, open]) part.hidden = steps.length === 0;
    none.hidden = steps.length > 0;
    const key = [fit.id, fit.step, fit.done, fit.running, shown.value, chosen, canvas.clientWidth, open.open, document.documentElement.dataset.theme].join(" ");
    if (key === drawn) return;
    drawn = key;
    theory(bubble, fit);
    if (steps.length === 0) return say(note, "");
    const mark = steps.find((s) => s.step === chosen) ?? steps[steps.length - 1];
    if (mark.step !== chosen) chosen = null;
    draw(canvas, steps, mark);
    const slowest = slow(mark.parts);
    canvas.setAttribute("aria-label", `Timeline of ${steps.length} steps and ${mark.parts.length} workers. In ${mark.name} ${slowest}`);
    const hidden = mark.parts.length - mostRows;
    say(note, `${mark.name}: ${slowest}${hidden > 0 ? ` Of ${mark.parts.length} workers the first ${mostRows} are drawn.` : ""}`);
    if (open.open) put(figures, tableOf(mark));
  };
}

// columns are the steps to draw; a fit without steps is one.
function columns(fit, most) {
  if (fit.steps.length > 0) {
    return fit.steps.slice(-most).map((s) => ({ step: s.step, name: `step ${s.step}`, parts: s.parts.map(partOf), end: s.at ?? 0 }));
  }
  if (fit.spans.size === 0) return [];
  const parts = [...fit.spans.values()];
  const end = Math.max(0.001, ...parts.map((p) => p.to ?? p.from));
  return [{
    step: 0, name: "the fit", end, parts: parts.map((p) => ({
      worker: p.worker, from: p.from, computing: p.computing ?? (p.to === undefined ? end - p.from : 0), wire: p.wire ?? 0,
      waiting: p.to === undefined ? 0 : Math.max(0, end - p.to), running: p.to === undefined,
    })),
  }];
}

function partOf(p) {
  return {
    worker: p.worker, from: p.sent_at ?? 0, to: p.answered_at ?? 0, computing: p.computing_seconds ?? 0, wire: p.wire_seconds ?? 0, waiting: p.waiting_seconds ?? 0,
    sent: p.bytes_sent, received: p.bytes_received, loss: p.loss, missed: p.missed,
  };
}

const lasts = (p) => p.computing + p.wire + p.waiting;
const beginOf = (s) => Math.min(...s.parts.map((p) => p.from));
const lengthOf = (s) => Math.max(1e-6, ...s.parts.map((p) => p.from - beginOf(s) + lasts(p)));

function slow(parts) {
  const worst = parts.reduce((a, b) => (b.computing + b.wire > a.computing + a.wire ? b : a));
  return `${worst.worker} was the slowest: ${seconds(worst.computing)} computing, ${seconds(worst.wire)} on the wire.`;
}

function draw(canvas, steps, mark) {
  const style = getComputedStyle(canvas), color = (name) => style.getPropertyValue(name);
  const rows = steps[steps.length - 1].parts.slice(0, mostRows).map((p) => p.worker), index = new Map(rows.map((r, i) => [r, i]));
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = rows.length * rowHeight + axis;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.height = `${height}px`;
  const c = canvas.getContext("2d");
  c.scale(ratio, ratio);
  c.font = "12px system-ui, sans-serif";
  const names = Math.min(130, width / 4), total = steps.reduce((sum, s) => sum + lengthOf(s), 0), perSecond = (width - names - 4) / total;
  c.fillStyle = color("--text");
  rows.forEach((name, i) => c.fillText(cut(c, name, names - 8), 0, i * rowHeight + 14));
  let x = names;
  for (const s of steps) {
    const begin = beginOf(s), wide = lengthOf(s) * perSecond;
    for (const p of s.parts) {
      const row = index.get(p.worker);
      if (row === undefined) continue;
      let at = x + (p.from - begin) * perSecond;
      const y = row * rowHeight + 3;
      for (const [name, length] of [["--wire", p.wire / 2], ["--compute", p.computing], ["--wire", p.wire / 2], ["--wait", p.waiting]]) {
        c.fillStyle = color(name);
        c.fillRect(at, y, Math.max(0, length * perSecond - (length * perSecond > 3 ? 0.5 : 0)), rowHeight - 6);
        at += length * perSecond;
      }
      if (p.missed) {
        c.fillStyle = color("--bad");
        c.fillRect(x, y, Math.max(2, wide - 1), rowHeight - 6);
      }
    }
    c.fillStyle = color("--line");
    c.fillRect(x + wide - 0.5, 0, 1, height - axis);
    if (s === mark) {
      c.fillStyle = color("--link");
      c.fillRect(x, height - axis + 1, Math.max(2, wide - 1), 3);
      c.fillStyle = color("--text");
      const text = `${s.name}: ${seconds(lengthOf(s))}`;
      c.fillText(text, Math.max(names, Math.min(x, width - c.measureText(text).width)), height - 3);
    }
    x += wide;
  }
}

function cut(c, text, width) {
  if (c.measureText(text).width <= width) return text;
  let short = text.slice(0, 40);
  while (short && c.measureText(`${short}…`).width > width) short = short.slice(0, -1);
  return `${short}…`;
}

function theory(target, fit) {
  const p = fit.pipeline;
  target.hidden = !p;
  if (p) {
    say(target, `The pipeline's bubble: stages did not compute for ${percent(p.bubble)} of the last step and ${percent(p.bubble_so_far)} of all so far; ` +
      `with equal stages, a processor each and nothing on the wire it would be ${percent(p.bubble_in_theory)} (${p.micro_batches} micro-batches).`);
  }
}

function tableOf(s) {
  return table(`What the workers did in ${s.name}`,
    [{ head: "worker" }, ...["computing", "on the wire", "waiting", "sent", "received", "loss"].map((head) => ({ head, number: true }))],
    s.parts.map((p) => [element("bdi", {}, p.worker), seconds(p.computing), seconds(p.wire), seconds(p.waiting), bytes(p.sent), bytes(p.received), number(p.loss)]));
}
