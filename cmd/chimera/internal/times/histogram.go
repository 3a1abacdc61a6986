package times

import (
	"fmt"
	"math"
	"slices"
)

// Latencies spread over orders of magnitude, so histograms are of their
// logarithm: a bin is as wide everywhere on the axis, and bins of all panels are
// the same, so that panels can be compared.
const (
	binsPerDecade = 10
	shortest      = 1e-4 // seconds: the log has four decimals, so what it has as 0 was at most this
)

// panel is a histogram of one endpoint, the calls to all nodes together.
type panel struct {
	node, path string
	nodes      int
	seconds    []float64 // ascending
}

// panels puts the same endpoint of several nodes together.
func (l *Log) panels() []panel {
	var all []panel
	for _, e := range l.places() {
		last := len(all) - 1
		if last < 0 || all[last].node != e.node || all[last].path != e.path {
			all = append(all, panel{node: e.node, path: e.path})
			last++
		}
		all[last].nodes++
		all[last].seconds = append(all[last].seconds, e.seconds...)
	}
	for _, p := range all {
		slices.Sort(p.seconds)
	}
	return all
}

// title says what the panel is of, and the numbers that go with it.
func (p panel) title() string {
	text := fmt.Sprintf("%s %s: %d calls", p.node, p.path, len(p.seconds))
	if len(p.seconds) == 1 {
		text = fmt.Sprintf("%s %s: 1 call", p.node, p.path)
	}
	if p.nodes > 1 {
		text += fmt.Sprintf(" to %d nodes", p.nodes)
	}
	return text + fmt.Sprintf(", median %s, 95 %% within %s", duration(quantile(0.5, p.seconds)), duration(quantile(0.95, p.seconds)))
}

// bin is the number of the bin that a latency is in; bin 0 begins at 1 s.
func bin(seconds float64) int {
	// what is written as a bin's edge is in the bin above it, whatever its last bit
	return int(math.Floor(binsPerDecade*math.Log10(max(seconds, shortest)) + 1e-9))
}

// edge is where a bin begins, as a logarithm.
func edge(bin int) float64 { return float64(bin) / binsPerDecade }

// counts is how many calls each bin from the first to before the end has.
func (p panel) counts(first, end int) []int {
	counts := make([]int, end-first)
	for _, s := range p.seconds {
		counts[bin(s)-first]++
	}
	return counts
}

// span is the bins that all panels need: from the first to before the end, whole decades.
func span(all []panel) (first, end int) {
	first, end = math.MaxInt, math.MinInt
	for _, p := range all {
		first, end = min(first, bin(p.seconds[0])), max(end, bin(p.seconds[len(p.seconds)-1])+1)
	}
	return binsPerDecade * int(math.Floor(edge(first))), binsPerDecade * int(math.Ceil(edge(end)))
}

// duration is a latency as people say it.
func duration(seconds float64) string {
	if seconds < 0.1 {
		return fmt.Sprintf("%.3g ms", 1000*seconds)
	}
	return fmt.Sprintf("%.3g s", seconds)
}
