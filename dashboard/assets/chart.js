// Charts as SVG: lines, dots and bars over axes whose marks are round numbers.

import { element } from "./element.js";
import { number } from "./format.js";

const width = 560, height = 240, left = 58, right = 24, top = 10, bottom = 34;

// marks are round numbers between two.
export function marks(from, to, about = 5) {
  if (!(to > from)) return [from];
  const rough = (to - from) / about, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const list = [];
  for (let v = Math.ceil(from / step) * step; v <= to + step / 1e6; v += step) list.push(Math.abs(v) < step / 1e6 ? 0 : v);
  return list;
}

function scale(from, to, a, b, log) {
  const f = log ? Math.log10 : (v) => v;
  const [low, high] = [f(from), f(to)];
  return (v) => a + ((f(v) - low) / (high - low || 1)) * (b - a);
}

function decades(from, to) {
  const list = [];
  for (let p = Math.ceil(Math.log10(from)); p <= Math.log10(to); p++) list.push(10 ** p);
  return list.length > 1 ? list : [from, to];
}

// chart draws on axes. options: {label, x, y, log, draw(px, py), xs: [from, to], ys: [from, to]}; draw returns elements.
export function chart({ label, x, y, log = false, xs, ys, draw }) {
  if (ys[0] === ys[1]) ys = [ys[0] - (log ? 0 : 0.5), ys[1] * (log ? 10 : 1) + (log ? 0 : 0.5)];
  if (xs[0] === xs[1]) xs = [xs[0], xs[1] + 1];
  const px = scale(xs[0], xs[1], left, width - right, false), py = scale(ys[0], ys[1], height - bottom, top, log);
  const grid = [];
  for (const v of marks(xs[0], xs[1])) grid.push(element("text", { x: px(v), y: height - bottom + 14, "text-anchor": "middle" }, number(v)));
  for (const v of log ? decades(ys[0], ys[1]) : marks(ys[0], ys[1])) {
    grid.push(element("line", { class: "axis", x1: left, x2: width - right, y1: py(v), y2: py(v) }),
      element("text", { x: left - 6, y: py(v) + 4, "text-anchor": "end" }, number(v)));
  }
  return element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    ...grid,
    element("text", { x: (left + width) / 2, y: height - 4, "text-anchor": "middle" }, x),
    element("text", { transform: `translate(12 ${(height - bottom) / 2 + top}) rotate(-90)`, "text-anchor": "middle" }, y),
    ...draw(px, py));
}

// path joins points.
export function path(points, px, py, kind) {
  const d = points.map((p, i) => `${i ? "L" : "M"}${px(p.x).toFixed(1)} ${py(p.y).toFixed(1)}`).join("");
  return element("path", { class: kind, d });
}

// range is from the smallest to the largest.
export function range(values) {
  let low = Infinity, high = -Infinity;
  for (const v of values) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return low <= high ? [low, high] : [0, 1];
}

// lines draws curves, the first two in colours of their own.
export function lines({ label, x, y, log = false, curves }) {
  const shown = curves.map((points) => points.filter((p) => Number.isFinite(p.y) && (!log || p.y > 0)));
  const all = shown.flat();
  const ys = range(all.map((p) => p.y));
  return chart({
    label, x, y, log, xs: range(all.map((p) => p.x)), ys: log ? ys : [Math.min(0, ys[0]), ys[1]],
    draw: (px, py) => shown.map((points, i) => path(points, px, py, i === 0 ? "a" : "b")),
  });
}
