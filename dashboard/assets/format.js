// Numbers, durations and sizes as people read them.

export function number(v) {
  if (v === null || v === undefined || typeof v !== "number") return "–";
  if (!Number.isFinite(v)) return String(v);
  const size = Math.abs(v);
  if (Number.isInteger(v) && size < 1e15) return v.toLocaleString("en");
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? v.toExponential(2) : String(Number(v.toPrecision(4)));
}

export function seconds(v) {
  if (typeof v !== "number" || !Number.isFinite(v)) return "–";
  if (v < 1e-3) return `${number(v * 1e6)} µs`;
  if (v < 1) return `${number(v * 1e3)} ms`;
  if (v < 120) return `${Number(v.toPrecision(3))} s`;
  return `${Math.floor(v / 60)} min ${Math.round(v % 60)} s`;
}

export function bytes(v) {
  if (!v) return "0 B";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(v) / 10));
  return `${Number((v / 2 ** (10 * power)).toPrecision(3))} ${units[power]}`;
}

export function percent(v) {
  return typeof v === "number" && Number.isFinite(v) ? `${(100 * v).toFixed(1)} %` : "–";
}

export function when(text) {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? "–" : at.toLocaleString("en-GB", { dateStyle: "short", timeStyle: "medium" });
}

// value is a setting's.
export function value(v) {
  return v !== null && typeof v === "object" ? JSON.stringify(v) : String(v);
}
