// A form that predicts one row, with the columns of the model in service.

import { element, empty, put, table } from "./element.js";
import { number, seconds } from "./format.js";
import { parse, typed } from "./csv.js";
import { get, post, paths } from "./server.js";
import { state } from "./state.js";

const mostFields = 64; // a wider row is one line of cells

export function predict(body, problem) {
  const answer = element("div", { "aria-live": "polite" });
  let shown = null;

  async function build() {
    const path = document.body.dataset.predict;
    const document_ = await get(paths.document);
    const example = document_.paths[path]?.post?.requestBody?.content?.["application/json"]?.example;
    const columns = example?.X_pred_columns ?? state.status.features, row = example?.X_pred_rows?.[0] ?? [];
    const text = (i) => (row[i] === null || row[i] === undefined ? "" : String(row[i]));
    const button = element("button", { type: "submit" }, "Predict");
    const fields = columns.length <= mostFields ? columns.map((c, i) => element("input", { id: `column-${i}`, value: text(i), autocomplete: "off" })) : null;
    const line = fields ? null : element("textarea", { id: "cells", spellcheck: "false" });
    if (line) line.value = columns.map((_, i) => text(i)).join(",");
    const form = element("form", { onsubmit: async (e) => {
      e.preventDefault();
      button.disabled = true;
      try {
        const cells = fields ? fields.map((f) => f.value) : parse(line.value)[0] ?? [];
        if (cells.length !== columns.length) throw new Error(`The row has ${cells.length} cells, and the model ${columns.length} columns.`);
        const from = performance.now();
        const p = await post(path, { X_pred_columns: columns, X_pred_rows: [cells.map(typed)] });
        put(answer, ...told(p, (performance.now() - from) / 1000));
      } catch (error) {
        put(answer);
        problem(error);
      } finally { button.disabled = false; }
    } },
    fields ? element("div", { class: "fields" }, ...columns.map((c, i) => element("div", {}, element("label", { for: `column-${i}` }, element("bdi", {}, c)), fields[i])))
      : element("p", {}, element("label", { for: "cells" }, `One row of ${columns.length} cells, separated by commas, from ${columns[0]} to ${columns[columns.length - 1]}`), line),
    button);
    put(body, form, answer);
  }
  return () => {
    const key = state.status?.fitted ? state.status.fit_id : "";
    if (key === shown || !state.status) return;
    shown = key;
    if (!key) return put(body, empty("There is no model yet: fit one."));
    build().catch((e) => { shown = null; problem(e); });
  };
}

function told(p, took) {
  const label = p.y_pred_labels?.[0], y = p.y_pred_rows?.[0];
  const made = [element("p", {}, "The prediction is ", element("strong", {}, element("bdi", {}, label !== undefined ? String(label) : number(y))), `, after ${seconds(took)}.`)];
  if (p.y_pred_components) {
    return [table(`The components, after ${seconds(took)}`, [{ head: "component" }, { head: "value", number: true }], p.y_pred_components[0].map((v, i) => [String(i + 1), number(v)])),
      ...(p.notes ?? []).map((note) => element("p", { class: "says" }, note))];
  }
  if (p.y_pred_proba) {
    const rows = p.classes.map((c, i) => [c, p.y_pred_proba[0][i]]).sort((a, b) => b[1] - a[1]).slice(0, 10);
    made.push(table(p.classes.length > 10 ? `The 10 most probable of ${p.classes.length} classes` : "Probabilities", [{ head: "class" }, { head: "probability", number: true }],
      rows.map(([c, v]) => [element("bdi", {}, String(c)), number(v)])));
  }
  for (const note of p.notes ?? []) made.push(element("p", { class: "says" }, note));
  return made;
}
