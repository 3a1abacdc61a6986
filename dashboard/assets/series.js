// What is kept of a fit, however long it is: a curve of at most so many points, a histogram of fixed bins.

const mostPoints = 4000;

// Curve keeps points evenly over its whole length: when it is full, every other one goes, and from then on it takes every other.
export class Curve {
  constructor() { this.points = []; this.stride = 1; this.seen = 0; this.last = null; }

  add(x, y) {
    this.last = { x, y };
    if (this.seen++ % this.stride !== 0) return;
    this.points.push(this.last);
    if (this.points.length >= mostPoints) {
      this.points = this.points.filter((_, i) => i % 2 === 0);
      this.stride *= 2;
    }
  }

  all() {
    const { points, last } = this;
    return last && points[points.length - 1] !== last ? [...points, last] : points;
  }

  static of(ys, xs) {
    const made = new Curve();
    ys.forEach((y, i) => made.add(xs ? xs[i] : i + 1, y));
    return made;
  }
}

const firstBin = 1e-5, perDecade = 8, bins = 56; // 10 µs to 100 s

// Histogram counts durations in bins of equal ratio. A quantile is right to the width of a bin, which is a third.
export class Histogram {
  constructor() { this.counts = new Array(bins).fill(0); this.total = 0; }

  add(seconds) {
    if (!(seconds > 0)) return;
    const bin = Math.floor(Math.log10(seconds / firstBin) * perDecade);
    this.counts[Math.max(0, Math.min(bins - 1, bin))]++;
    this.total++;
  }

  static edge(bin) { return firstBin * 10 ** (bin / perDecade); }

  quantile(q) {
    let left = q * this.total;
    for (let bin = 0; bin < bins; bin++) {
      if (this.counts[bin] > 0 && left <= this.counts[bin]) {
        const within = left / this.counts[bin];
        return Histogram.edge(bin) * (Histogram.edge(bin + 1) / Histogram.edge(bin)) ** within;
      }
      left -= this.counts[bin];
    }
    return undefined;
  }

  // shown are the bins from the first that has something to the last.
  shown() {
    const from = this.counts.findIndex((n) => n > 0);
    if (from < 0) return [];
    let to = bins;
    while (this.counts[to - 1] === 0) to--;
    return this.counts.slice(from, to).map((n, i) => ({ from: Histogram.edge(from + i), to: Histogram.edge(from + i + 1), n }));
  }
}
