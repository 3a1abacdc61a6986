package labs

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/plot/plotter"

	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/labs/rows"
)

// Times that are made by Amdahl's law have the serial share that they were made with, whatever a unit of time is, and whether workers
// share processors or have one each.
func TestSerialShare(t *testing.T) {
	workers := []int{1, 2, 3, 4, 8}
	for _, serial := range []float64{0, 0.1, 0.5, 1} {
		for _, processors := range []int{0, 2, 4} {
			var times []float64
			for _, n := range workers {
				busy := n
				if processors > 0 && busy > processors {
					busy = processors
				}
				times = append(times, 40*(serial+(1-serial)/float64(busy)))
			}
			if got := serialShare(workers, times, processors); math.Abs(got-serial) > 1e-9 {
				t.Errorf("%d processors: %v, want %v", processors, got, serial)
			}
			for i, n := range workers {
				if got, want := amdahlAt(serial, 1, n, processors), times[0]/times[i]; math.Abs(got-want) > 1e-9 {
					t.Errorf("%d workers on %d processors are %v times as fast, want %v", n, processors, got, want)
				}
			}
		}
	}
	if got := serialShare([]int{2, 3}, []float64{5, 5}, 1); got != 1 {
		t.Errorf("on one processor all of a step is serial: %v", got)
	}
	if got := serialShare([]int{1, 2}, []float64{5, 9}, 0); got != 1 {
		t.Errorf("if more workers are slower, nothing is gained: %v", got)
	}
}

func TestSlope(t *testing.T) {
	if got := slopeOf(plotter.XYs{{X: 0, Y: 3}, {X: 1, Y: 5}, {X: 4, Y: 11}}); math.Abs(got-2) > 1e-12 {
		t.Errorf("of y = 2x + 3: %v", got)
	}
	if got := slopeOf(plotter.XYs{{X: 1, Y: 5}}); got != 0 {
		t.Errorf("of one point: %v", got)
	}
}

// The formula of the lab is that of the pipeline, and all stages of the lab's network are equal.
func TestBubbleOf(t *testing.T) {
	for p := 1; p < 9; p++ {
		for m := 1; m < 20; m++ {
			if got, want := bubbleOf(p, m), pipeline.Bubble(p, m); got != want {
				t.Errorf("%d stages, %d micro-batches: %v, the pipeline says %v", p, m, got, want)
			}
		}
	}
	for want, stages := range map[int][]int{4: {2, 4}, 6: {2, 3}, 12: {4, 6}, 5: {5}} {
		if got := (bubbleParams{Stages: stages}).depth(); got != want {
			t.Errorf("%v stages: %d layers, want %d", stages, got, want)
		}
	}
}

// Rows are dealt in their order, each once, and parts differ by a row at most; the targets of one that is sorted rise.
func TestDealt(t *testing.T) {
	d := byTarget(rows.Friedman1(23, 1))
	if !slices.IsSorted(d.Y) {
		t.Error("the targets are in no order")
	}
	var y []float64
	for _, p := range rows.InOrder(d, 4) {
		if p.Len() < 5 || p.Len() > 6 || !slices.Equal(p.X.RawRowView(0), d.X.RawRowView(len(y))) {
			t.Errorf("a part of %d rows", p.Len())
		}
		y = append(y, p.Y...)
	}
	if !slices.Equal(y, d.Y) {
		t.Error("rows are missing, or in another order")
	}
	if got := median([]float64{9, 1, 5, 3}); got != 3 {
		t.Errorf("the median is %v", got)
	}
}
