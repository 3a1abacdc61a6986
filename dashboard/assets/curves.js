// What is drawn of predictions whose truth is known.

import { element } from "./element.js";
import { number, percent } from "./format.js";
import { chart, path, range } from "./chart.js";

// roc is the curve of a score for the rows that are positive: the share of the others that are above a threshold beside the
// share of them that are (Fawcett 2006). Rows of one score are one step.
export function roc(scores, positive) {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const all = positive.filter(Boolean).length, others = positive.length - all, points = [{ x: 0, y: 0 }];
  let hit = 0, wrong = 0;
  order.forEach((row, i) => {
    if (positive[row]) hit++;
    else wrong++;
    if (i === order.length - 1 || scores[order[i + 1]] !== scores[row]) points.push({ x: others ? wrong / others : 0, y: all ? hit / all : 0 });
  });
  return points;
}

// area is that under a curve, by trapezia.
export function area(points) {
  return points.slice(1).reduce((sum, p, i) => sum + ((p.x - points[i].x) * (p.y + points[i].y)) / 2, 0);
}

export function rocPicture(points, positive) {
  return chart({
    label: `ROC curve of ${positive}: the area under it is ${number(area(points))}`, x: "share of the other rows above the threshold", y: `share of ${short(positive)}`, xs: [0, 1], ys: [0, 1],
    draw: (px, py) => [path([{ x: 0, y: 0 }, { x: 1, y: 1 }], px, py, "guide"), path(points, px, py, "a")],
  });
}

export function truthPicture(truth, predicted) {
  const both = range([...truth, ...predicted]), stride = Math.ceil(truth.length / 2000);
  return chart({
    label: `Predicted against true values of ${truth.length} rows`, x: "true", y: "predicted", xs: both, ys: both,
    draw: (px, py) => [path([{ x: both[0], y: both[0] }, { x: both[1], y: both[1] }], px, py, "guide"),
      ...truth.map((t, i) => (i % stride ? null : element("circle", { class: "dot", r: 2.5, cx: px(t), cy: py(predicted[i]) }))).filter(Boolean)],
  });
}

const mostClasses = 40;

// confusion is a table of rows by true and predicted class; of many classes, of those with the most errors.
export function confusion(classes, matrix) {
  const sum = (list) => list.reduce((a, b) => a + b, 0);
  let shown = classes.map((_, i) => i);
  if (classes.length > mostClasses) {
    const errors = matrix.map((row, i) => sum(row) - row[i]);
    shown = shown.sort((a, b) => errors[b] - errors[a]).slice(0, mostClasses).sort((a, b) => a - b);
  }
  const head = (i) => element("bdi", { title: String(classes[i]) }, short(classes[i]));
  const note = shown.length < classes.length ? `, the ${mostClasses} with the most errors of ${classes.length} classes` : "";
  const made = element("table", { class: "heat" },
    element("caption", {}, `Rows by true class (down) and predicted class (across)${note}`),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "true"), ...shown.map((i) => element("th", { scope: "col", class: "n" }, head(i))))),
    element("tbody", {}, ...shown.map((i) => element("tr", {}, element("th", { scope: "row" }, head(i)), ...shown.map((j) => {
      const share = matrix[i][j] / (sum(matrix[i]) || 1);
      const cell = element("td", { title: `${percent(share)} of ${classes[i]} are predicted as ${classes[j]}` }, number(matrix[i][j]));
      cell.style.background = `color-mix(in srgb, var(${i === j ? "--compute" : "--wire"}) ${(45 * share).toFixed(0)}%, transparent)`;
      return cell;
    })))));
  return made;
}

function short(v) {
  const text = String(v);
  return text.length > 16 ? `${text.slice(0, 15)}…` : text;
}
