// How long the workers take to answer, and how much travels.

import { element, empty, put, table } from "./element.js";
import { bytes, number, percent, seconds } from "./format.js";
import { chart } from "./chart.js";
import { load } from "./fleet.js";
import { state } from "./state.js";
import { Histogram } from "./series.js";

export function latency(body) {
  let drawn = "";
  return () => {
    const { fit } = state, key = `${fit.id} ${fit.step} ${fit.done}`;
    if (key === drawn) return;
    drawn = key;
    if (fit.totals.size === 0) return put(body, empty("No worker has answered in a fit yet."));
    const rows = [...fit.totals].map(([worker, t]) => {
      const times = fit.times.get(worker);
      return [element("bdi", {}, worker), number(t.steps), seconds(times?.quantile(0.5)), seconds(times?.quantile(0.95)), percent(load(t)),
        bytes(t.bytes_sent), bytes(t.bytes_received)];
    });
    const all = new Histogram();
    for (const h of fit.times.values()) h.counts.forEach((n, i) => { all.counts[i] += n; all.total += n; });
    put(body, picture(all), table("Answers of each worker in this fit",
      [{ head: "worker" }, ...["steps", "p50", "p95", "computing", "sent", "received"].map((head) => ({ head, number: true }))], rows));
  };
}

function picture(all) {
  const bins = all.shown();
  if (bins.length === 0) return null;
  const high = Math.max(...bins.map((b) => b.n)), from = Math.log10(bins[0].from), to = Math.log10(bins[bins.length - 1].to);
  return element("div", {}, chart({
    label: `Histogram of ${all.total} answers: half came within ${seconds(all.quantile(0.5))}, 95 of 100 within ${seconds(all.quantile(0.95))}`,
    x: "seconds from a request to its answer, as a power of ten", y: "answers", xs: [from, to], ys: [0, high],
    draw: (px, py) => bins.map((b) => element("rect", {
      class: "fill", x: px(Math.log10(b.from)), width: Math.max(1, px(Math.log10(b.to)) - px(Math.log10(b.from)) - 1), y: py(b.n), height: py(0) - py(b.n),
    }, element("title", {}, `${seconds(b.from)} to ${seconds(b.to)}: ${b.n}`))),
  }));
}
