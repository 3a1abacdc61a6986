// The fits that were recorded; two of them side by side.

import { element, empty, put, table } from "./element.js";
import { number, seconds, when } from "./format.js";
import { lines } from "./chart.js";
import { get, post, paths } from "./server.js";
import { Curve } from "./series.js";
import { rowsOf } from "./settings.js";
import { state } from "./state.js";

export function runs(body, problem) {
  const list = element("div"), beside = element("div", { "aria-live": "polite" });
  put(body, list, beside);
  const chosen = [];
  let drawn = null;

  async function compare() {
    if (chosen.length < 2) return put(beside);
    try {
      put(beside, ...sideBySide(...await Promise.all(chosen.map((id) => get(`${paths.runs}/${encodeURIComponent(id)}`)))));
    } catch (e) { problem(e); }
  }
  function choose(id, box) {
    if (box.checked) chosen.push(id);
    else chosen.splice(chosen.indexOf(id), 1);
    while (chosen.length > 2) {
      const gone = chosen.shift(), other = list.querySelector(`input[value="${CSS.escape(gone)}"]`);
      if (other) other.checked = false;
    }
    compare();
  }
  async function serve(id) {
    try {
      await post(`${paths.models}/${encodeURIComponent(id)}/serve`);
      state.ended++;
      document.dispatchEvent(new Event("redraw"));
    } catch (e) { problem(e); }
  }
  return () => {
    if (state.history === drawn) return;
    drawn = state.history;
    if (!drawn?.length) return put(list, empty("No fit was recorded yet."));
    put(list, table("Newest first; choose two to compare them",
      [{ head: "fit" }, { head: "state" }, ...["took", "steps", "loss", "score"].map((head) => ({ head, number: true })), { head: "model" }],
      drawn.slice(0, 100).map((r) => {
        const box = element("input", { type: "checkbox", value: r.id, "aria-label": `compare the fit of ${when(r.started)}` });
        box.checked = chosen.includes(r.id);
        box.addEventListener("change", () => choose(r.id, box));
        return [element("label", {}, box, ` ${when(r.started)}`), r.state, seconds(r.seconds), number(r.steps), number(r.loss), number(scoreOf(r)), model(r, serve)];
      })));
  };
}

function model(run, serve) {
  const replay = element("a", { href: `/?run=${encodeURIComponent(run.id)}`, "aria-label": `replay the fit of ${when(run.started)}` }, "replay");
  if (run.serving) return element("span", {}, "in service, ", replay);
  if (!run.kept) return element("span", {}, replay);
  return element("span", {}, element("button", { type: "button", onclick: () => serve(run.id), "aria-label": `put the model of ${when(run.started)} into service` }, "Serve"), " ", replay);
}

function scoreOf(run) {
  const last = run.scores?.[run.scores.length - 1] ?? run.score;
  return typeof last === "number" ? last : last?.score;
}

function sideBySide(a, b) {
  const [left, right] = [a, b].map((r) => new Map([["took", seconds(r.seconds)], ...rowsOf(r), ["last loss", number(r.report?.training?.loss?.at(-1))]]));
  const names = [...new Set([...left.keys(), ...right.keys()])].filter((n) => left.get(n) !== right.get(n));
  const curves = [a, b].map((r) => Curve.of(r.report?.training?.loss ?? []).all());
  const made = [element("h3", {}, "Side by side"),
    table("What differs", [{ head: "" }, { head: when(a.started) }, { head: when(b.started) }], names.map((n) => [n, left.get(n) ?? "–", right.get(n) ?? "–"]))];
  if (curves.some((c) => c.length > 1)) {
    made.push(element("ul", { class: "legend" }, ...[a, b].map((r, i) => element("li", {}, element("i", { class: i ? "second" : "first" }), when(r.started)))),
      lines({ label: "Losses of both fits", x: "step", y: "mean loss", curves }));
  }
  return made;
}
