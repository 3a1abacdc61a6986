// What a model without targets has found: the sizes and centers of clusters, or what components tell.

import { element, table } from "./element.js";
import { number, percent } from "./format.js";
import { chart } from "./chart.js";

const mostShown = 50, mostFeatures = 12;

export function structure(told) {
  if (told.clusters) return clusters(told);
  return told.explained_variance_ratio ? components(told.explained_variance_ratio) : [];
}

function bars(heading, label, y, values, names) {
  return [element("h3", {}, heading), chart({
    label, x: heading.toLowerCase(), y, xs: [0, values.length], ys: [0, Math.max(...values)],
    draw: (px, py) => values.map((v, i) => element("rect", { class: "fill", x: px(i) + 2, width: px(i + 1) - px(i) - 4, y: py(v), height: py(0) - py(v) },
      element("title", {}, `${names[i]}: ${number(v)}`))),
  })];
}

function clusters({ clusters: all, features }) {
  const list = all.slice(0, mostShown), shown = features.slice(0, mostFeatures);
  const more = all.length > list.length ? `, the first ${list.length} of ${all.length}` : "";
  return [...bars("Clusters", `Clusters: ${list.slice(0, 3).map((c) => `${c.cluster} with ${number(c.weight)} rows`).join(", ")}`, "rows", list.map((c) => c.weight), list.map((c) => c.cluster)),
    table(`Centers, of the features as the learner sees them${more}`,
      [{ head: "cluster" }, { head: "rows", number: true }, ...shown.map((f) => ({ head: element("bdi", {}, f), number: true }))],
      list.map((c) => [String(c.cluster), number(c.weight), ...c.center.slice(0, mostFeatures).map(number)]))];
}

function components(ratios) {
  const list = ratios.slice(0, mostShown);
  let sum = 0;
  return [...bars("Components", `Components: the first tells ${percent(list[0])} of the variance, all ${percent(ratios.reduce((a, b) => a + b, 0))}`, "share of the variance", list, list.map((_, i) => i + 1)),
    table("Explained variance", [{ head: "component" }, { head: "share", number: true }, { head: "together", number: true }],
      list.map((v, i) => [String(i + 1), percent(v), percent(sum += v)]))];
}
