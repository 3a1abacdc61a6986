package rows_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gochimera/chimera/labs/rows"
	"github.com/gochimera/chimera/learner"
)

// Every row is dealt once, to whatever worker, and no worker is left without one.
func TestEveryRowIsDealtOnce(t *testing.T) {
	d := rows.Waveform(500, 1)
	for name, shards := range map[string][]learner.Dataset{
		"shuffled": rows.Shuffled(d, rows.Even(7), 2), "rising": rows.Shuffled(d, rows.Rising(7), 2), "one": rows.Shuffled(d, rows.Even(1), 2),
		"as many workers as rows": rows.Shuffled(d, rows.Rising(500), 2),
		"dirichlet":               rows.Dirichlet(d, 7, 1, 2), "hardly mixed": rows.Dirichlet(d, 40, 0.001, 2), "sorted": rows.Dirichlet(d, 7, 0, 2),
	} {
		var all, want []float64
		for _, s := range shards {
			if s.Len() == 0 {
				t.Errorf("%s: a worker has no rows", name)
			}
			for i := range s.Len() {
				all = append(all, s.X.At(i, 0)+100*s.Y[i])
			}
		}
		for i := range d.Len() {
			want = append(want, d.X.At(i, 0)+100*d.Y[i])
		}
		slices.Sort(all)
		slices.Sort(want)
		if !slices.Equal(all, want) {
			t.Errorf("%s: %d of %d rows are dealt, or others", name, len(all), len(want))
		}
	}
}

// The i-th shard is i times the first.
func TestRisingShards(t *testing.T) {
	for i, s := range rows.Shuffled(rows.Waveform(1000, 1), rows.Rising(4), 2) {
		if want := 100 * (i + 1); s.Len() != want {
			t.Errorf("shard %d has %d rows, want %d", i, s.Len(), want)
		}
	}
}

// A share of the symmetric Dirichlet distribution over n workers has the mean 1/n and the variance (1/n)(1-1/n)/(n alpha + 1).
func TestDirichletMoments(t *testing.T) {
	const n, trials, of = 5, 600, 900
	d := rows.Waveform(of, 1)
	total := make([]float64, 3)
	for _, y := range d.Y {
		total[int(y)]++
	}
	for _, alpha := range []float64{0.1, 0.7, 5} {
		var shares []float64
		for trial := range trials {
			for _, s := range rows.Dirichlet(d, n, alpha, uint64(trial)) {
				counts := make([]float64, 3)
				for _, y := range s.Y {
					counts[int(y)]++
				}
				shares = append(shares, counts[0]/total[0])
			}
		}
		var square float64
		for _, s := range shares {
			square += (s - 1.0/n) * (s - 1.0/n) / float64(len(shares))
		}
		if want := (1.0 / n) * (1 - 1.0/n) / (n*alpha + 1); math.Abs(square-want) > 0.1*want {
			t.Errorf("alpha %v: the variance of a share is %v, want %v", alpha, square, want)
		}
	}
}

// Sorted by class, no worker but those at the borders has more than one.
func TestSortedRowsHaveFewClasses(t *testing.T) {
	mixed := 0
	for _, s := range rows.Dirichlet(rows.Waveform(900, 1), 9, 0, 2) {
		if slices.Min(s.Y) != slices.Max(s.Y) {
			mixed++
		}
	}
	if mixed > 2 {
		t.Errorf("%d of 9 workers have rows of several classes", mixed)
	}
}
