// How good the model in service is: scores that were attached to it, or of a file of rows whose truth is known; and which
// columns it goes by.

import { element, empty, put, table } from "./element.js";
import { number, when } from "./format.js";
import { parse, typed } from "./csv.js";
import { chart } from "./chart.js";
import { confusion, roc, rocPicture, truthPicture } from "./curves.js";
import { post } from "./server.js";
import { state } from "./state.js";
import { structure } from "./structure.js";

const mostRows = 20000;

export function scores(body, problem) {
  const attached = element("div"), found = element("div"), importances = element("div"), made = element("div", { "aria-live": "polite" });
  const file = element("input", { type: "file", id: "rows", accept: ".csv,text/csv" });
  const target = element("input", { id: "target", placeholder: "the last" });
  const button = element("button", { type: "submit" }, "Score");
  const form = element("form", { class: "row" }, element("label", { for: "rows" }, "CSV file"), file, element("label", { for: "target" }, "Target column"), target, button);
  put(body, attached, found, importances, element("h3", {}, "Score a file"), form, made);
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    button.disabled = true;
    try {
      put(made, empty("Predicting…"));
      put(made, ...await score(file.files[0], target.value.trim()));
    } catch (error) {
      put(made);
      problem(error);
    } finally { button.disabled = false; }
  });
  let drawn, shown, told;
  return () => {
    if (state.record !== drawn) {
      drawn = state.record;
      const last = drawn?.scores?.at(-1);
      put(attached, ...(last ? resultOf(last.result, `${last.name}, ${when(last.at)}`) : [empty("No score is attached to the model in service: chimera score --record does that.")]));
    }
    if (state.structure !== told) {
      told = state.structure;
      target.placeholder = told ? "none" : "the last";
      put(found, ...(told ? structure(told) : []));
    }
    if (state.importances !== shown) {
      shown = state.importances;
      put(importances, ...(shown ? bars(shown) : []));
    }
  };
}

async function score(file, name) {
  if (!file) throw new Error("Choose a CSV file with a header, the model's columns and the target.");
  const [head, ...rows] = parse(await file.text());
  if (!head || rows.length === 0) throw new Error(`${file.name} has no rows below its header.`);
  const targetless = name === "" && Boolean(state.structure);
  const at = targetless ? -1 : name === "" ? head.length - 1 : head.findIndex((h) => h.trim().toLowerCase() === name.toLowerCase());
  if (at < 0 && !targetless) throw new Error(`${file.name} has no column ${name}.`);
  const short = rows.findIndex((r) => r.length !== head.length);
  if (short >= 0) throw new Error(`${file.name}, row ${short + 1} below the header: ${rows[short].length} cells, and the header has ${head.length}.`);
  if (rows.length > mostRows) throw new Error(`${file.name} has ${rows.length} rows; this page takes ${mostRows}. The command line takes any number: chimera score.`);
  const body = { X_pred_columns: head.filter((_, i) => i !== at), X_pred_rows: rows.map((r) => r.filter((_, i) => i !== at).map(typed)) };
  const { score: scorePath, predict } = document.body.dataset;
  if (targetless) return resultOf(await post(scorePath, body), file.name);
  const truth = rows.map((r) => typed(r[at]));
  const [result, predicted] = await Promise.all([post(scorePath, { ...body, y_true: truth }), post(predict, body)]);
  return [...resultOf(result, file.name), ...pictures(result, truth, predicted)].filter(Boolean);
}

function resultOf(result, name) {
  const c = result.classification, r = result.regression, g = result.clustering;
  const figures = Object.entries(c ?? r ?? g ?? result.decomposition ?? {}).filter(([, v]) => typeof v === "number").map(([k, v]) => [k.replaceAll("_", " "), number(v)]);
  if (c || r) figures.push([c ? "baseline accuracy of the training rows" : "baseline R²", number(result.baseline)]);
  (g?.cluster_sizes ?? []).slice(0, 50).forEach((n, i) => figures.push([`rows in cluster ${i}`, number(n)]));
  const made = [table(`Score of ${name}`, [{ head: "metric" }, { head: "value", number: true }], figures)];
  if (c) made.push(confusion(c.classes, c.confusion_matrix));
  return made;
}

function pictures(result, truth, predicted) {
  if (!result.classification && !result.regression) return [];
  if (!result.classification) return [truthPicture(truth, predicted.y_pred_rows)];
  const { classes } = result.classification;
  if (classes.length !== 2 || !predicted.y_pred_proba) return [];
  const positive = truth.map((t) => String(t) === String(classes[1]));
  return [rocPicture(roc(predicted.y_pred_proba.map((p) => p[1]), positive), String(classes[1]))];
}

function bars(told) {
  const top = [...told.columns].sort((a, b) => b.importance - a.importance).slice(0, 15);
  if (top.length === 0 || top[0].importance === 0) return [];
  return [element("h3", {}, "Importances"), chart({
    label: `Importances: ${top.slice(0, 3).map((c) => `${c.column} ${number(c.importance)}`).join(", ")}`,
    x: `the ${top.length} most important columns`, y: "importance", xs: [0, top.length], ys: [0, top[0].importance],
    draw: (px, py) => top.map((c, i) => element("rect", { class: "fill", x: px(i) + 2, width: px(i + 1) - px(i) - 4, y: py(c.importance), height: py(0) - py(c.importance) },
      element("title", {}, `${c.column}: ${number(c.importance)}`))),
  }), table("In numbers", [{ head: "column" }, { head: "importance", number: true }], top.map((c) => [element("bdi", {}, c.column), number(c.importance)]))];
}
