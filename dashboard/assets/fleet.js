// The master and its workers: who is there, with which rows, how busy, in which state and why.

import { element, empty, put, say } from "./element.js";
import { number, percent } from "./format.js";
import { state } from "./state.js";

export function fleet(body) {
  const root = element("p", { class: "root" }), list = element("ul", { class: "fleet" }), cards = new Map();
  put(body, root, element("div", { class: "bus", "aria-hidden": "true" }), list);
  return () => {
    const { status, fit } = state;
    if (!status) return;
    say(root, `${status.master} master: ${status.workers.length} workers, ${status.workers.filter((m) => m.state === "up").length} up`);
    list.classList.toggle("chain", status.master === "pipeline");
    for (const m of status.workers) {
      if (!cards.has(m.worker)) {
        const card = newCard(m.worker);
        cards.set(m.worker, card);
        list.append(card.item);
      }
      draw(cards.get(m.worker), m, fit);
    }
    if (status.workers.length === 0) put(list, empty("There are no workers."));
  };
}

function newCard(name) {
  const [words, what, reason] = ["words", "what", "reason"].map((c) => element("p", { class: c }));
  const fill = element("i"), load = element("div", { class: "load", role: "img" }, fill);
  return { item: element("li", {}, element("b", { title: name }, element("bdi", {}, name)), words, load, what, reason), words, what, reason, load, fill };
}

function draw(card, m, fit) {
  card.item.dataset.state = m.state;
  say(card.words, `${m.state}${m.python ? ", of the Python package" : ""}`);
  say(card.reason, m.reason ?? m.refitted ?? "");
  const span = fit.spans.get(m.worker), of = state.learners?.get(m.worker), rows = span?.rows ?? of?.rows;
  const parts = [of?.learner, rows ? `${number(rows)} rows` : null, `${number(m.calls)} calls`, m.failed_calls ? `${number(m.failed_calls)} failed` : null];
  say(card.what, parts.filter(Boolean).join(", "));
  const busy = load(fit.totals.get(m.worker));
  card.load.hidden = busy === undefined;
  card.load.setAttribute("aria-label", `computed ${percent(busy)} of its time in the fit`);
  card.fill.style.width = `${(100 * (busy ?? 0)).toFixed(1)}%`;
}

// load is the share of a worker's time in the fit in which it computed.
export function load(total) {
  if (!total) return undefined;
  const computing = total.computing_seconds ?? 0, all = computing + (total.wire_seconds ?? 0) + (total.waiting_seconds ?? 0);
  return all > 0 ? computing / all : undefined;
}
