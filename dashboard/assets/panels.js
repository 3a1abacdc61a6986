// The panels, in the order in which they are drawn. Each is made once, in its body, and then drawn anew when the state has changed.

import { fleet } from "./fleet.js";
import { loss } from "./loss.js";
import { timeline } from "./timeline.js";
import { latency } from "./latency.js";
import { settings } from "./settings.js";
import { runs } from "./runs.js";
import { scores } from "./scores.js";
import { predict } from "./predict.js";

export const panels = { fleet, loss, timeline, latency, settings, runs, scores, predict };
