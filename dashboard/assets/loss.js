// The loss of the fit, step by step.

import { element, empty, put } from "./element.js";
import { lines } from "./chart.js";
import { number } from "./format.js";
import { state } from "./state.js";

export function loss(body) {
  const log = element("input", { type: "checkbox", id: "log" });
  const picture = element("div");
  put(body, element("div", { class: "row" }, log, element("label", { for: "log" }, "logarithmic")), picture);
  let drawn = "";
  return () => {
    const curve = state.fit.loss, key = `${state.fit.id} ${curve.seen} ${state.fit.step > 0} ${log.checked}`;
    log.onchange = () => { drawn = ""; };
    if (key === drawn) return;
    drawn = key;
    if (state.status?.task === "decomposition" && curve.all().length <= 2) {
      put(picture, empty("Components are computed in two rounds, which have no loss."));
      return;
    }
    if (!curve.last) {
      put(picture, empty(state.fit.step > 0 ? "The learner of this fit does not tell its loss."
        : "This fit has no steps: bagging fits every worker at once. Its timeline is beside this."));
      return;
    }
    const last = curve.last;
    put(picture, lines({
      label: `Loss: ${number(last.y)} at step ${last.x}, from ${number(curve.points[0].y)} at step ${curve.points[0].x}`,
      x: "step", y: "mean loss", log: log.checked, curves: [curve.all()],
    }), element("p", { class: "says" }, `step ${number(last.x)}: ${number(last.y)}`));
  };
}
