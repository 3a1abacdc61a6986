package master

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/numeric"
)

// Workers that stand out are named, not excluded: nobody can tell wrong numbers from right ones of
// unusual rows by looking at them. So that workers with unusual rows are named rarely:
//
//   - Gradients are added up over a window of steps, which averages out the noise of mini-batches.
//   - A window counts if the others' median is at least half as long as in the longest window so far.
//     Near the optimum of rows that differ, the workers' gradients balance each other, so that one of
//     three points against the other two whatever it does.
//   - Intercepts do not count: they are the first to differ between workers with other shares of the
//     classes.
//   - A worker stands out if it is both far from the others, compared with their own distances from
//     the median of all (farApart), and either against them (opposed, against) or much longer (longer).
//
// A worker that sends -g instead of g is at a distance of 2 lengths of the others' median g, and one
// that sends nothing at a distance of 1.
const (
	fewestWorkers   = 3   // of two that differ, either may be the odd one out
	window          = 16  // steps
	mostCoordinates = 128 // that are looked at, spread evenly over the parameters
	farApart        = 4   // in median distances of the others
	opposed         = 1.5 // distance of a worker that is against the others, in lengths of their median
	against         = -0.5
	longer          = 10   // distance of any other worker, in the same unit
	largestNumber   = 1e50 // larger ones count as this, so that squares and sums do not overflow
	farMoments      = 100  // in the others' root mean square deviations
)

// outliers follows the distances between the members' gradients during a fit.
type outliers struct {
	index []int       // the coordinates
	sums  [][]float64 // members x coordinates, of the window
	have  []int       // steps of the window that the member took part in
	steps int         // of the window
	peak  float64     // the greatest length of the median in a window
	far   []far       // members
}

// far is what the windows that count add up to for one member.
type far struct {
	distance float64 // from the median of the others
	length   float64 // of that median
	spread   float64 // median distance of the others from the median of all
	dot, own float64 // product with that median, and own length
	windows  int
}

func newOutliers(members int, blocks []learner.Block) *outliers {
	counts := slices.DeleteFunc(spans(blocks), func(s span) bool { return !s.penalised })
	if len(counts) == 0 {
		counts = spans(blocks)
	}
	total := 0
	for _, s := range counts {
		total += s.length
	}
	o := &outliers{have: make([]int, members), far: make([]far, members)}
	chosen := min(total, mostCoordinates)
	for k := range chosen {
		at := k * total / chosen
		for _, s := range counts {
			if at < s.length {
				o.index = append(o.index, s.from+at)
				break
			}
			at -= s.length
		}
	}
	for range members {
		o.sums = append(o.sums, make([]float64, chosen))
	}
	return o
}

// span is where a block lies in the parameter vector.
type span struct {
	from, length int
	penalised    bool
}

func spans(blocks []learner.Block) (all []span) {
	from := 0
	for _, b := range blocks {
		all = append(all, span{from, b.Len(), b.Penalised})
		from += b.Len()
	}
	return all
}

// add adds the vectors of some members, given by their numbers.
func (o *outliers) add(members []int, vectors [][]float64, divisors []float64) {
	for k, member := range members {
		o.have[member]++
		into := o.sums[member]
		for c, i := range o.index {
			into[c] += min(max(vectors[k][i]/divisors[k], -largestNumber), largestNumber)
		}
	}
	o.steps++
}

// close ends the window.
func (o *outliers) close() {
	var present []int // took part in half of its steps or more
	for m, n := range o.have {
		if n > 0 && 2*n >= o.steps {
			present = append(present, m)
			floats.Scale(1/float64(n), o.sums[m])
		}
	}
	if len(present) >= fewestWorkers && len(o.index) > 0 {
		o.compare(present)
	}
	for m := range o.sums {
		clear(o.sums[m])
		o.have[m] = 0
	}
	o.steps = 0
}

func (o *outliers) compare(present []int) {
	n := len(present)
	one, fromAll := make([]far, n), make([]float64, n)
	column := make([]float64, n)
	for c := range o.index {
		for k, m := range present {
			column[k] = o.sums[m][c]
		}
		slices.Sort(column)
		middle := medianWithout(column, -1)
		for k, m := range present {
			v := o.sums[m][c]
			rank, _ := slices.BinarySearch(column, v)
			others := medianWithout(column, rank)
			one[k].distance += (v - others) * (v - others)
			one[k].length += others * others
			one[k].dot += v * others
			one[k].own += v * v
			fromAll[k] += (v - middle) * (v - middle)
		}
	}
	for k := range fromAll {
		fromAll[k] = math.Sqrt(fromAll[k])
	}
	for k, m := range present {
		f, w := &o.far[m], one[k]
		length, distance := math.Sqrt(w.length), math.Sqrt(w.distance)
		if length < o.peak/2 && distance < longer*o.peak {
			continue
		}
		column = append(append(column[:0], fromAll[:k]...), fromAll[k+1:]...)
		f.distance += distance
		f.length += length
		f.spread += numeric.Median(column)
		f.dot += w.dot
		f.own += math.Sqrt(w.own) * length
		f.windows++
	}
	o.peak = max(o.peak, numeric.Median(lengths(one)))
}

func lengths(all []far) []float64 {
	of := make([]float64, len(all))
	for k := range all {
		of[k] = math.Sqrt(all[k].length)
	}
	return of
}

// medianWithout is the median of sorted values without the one at an index; with -1, of all.
func medianWithout(sorted []float64, index int) float64 {
	n := len(sorted)
	if index >= 0 {
		n--
	}
	at := func(i int) float64 {
		if index >= 0 && i >= index {
			i++
		}
		return sorted[i]
	}
	if n%2 == 1 {
		return at(n / 2)
	}
	return at(n/2-1)/2 + at(n/2)/2
}

// distance is how far a member is from the median of the others, in lengths of that median; 0 if
// nothing was compared.
func (o *outliers) distance(member int) float64 {
	if o == nil || o.far[member].length == 0 {
		return 0
	}
	return o.far[member].distance / o.far[member].length
}

// reason says how a member's gradients, or updates, stand out; it is empty if they do not.
func (o *outliers) reason(member int, what string) string {
	f, d := o.far[member], o.distance(member)
	if f.distance <= farApart*f.spread {
		return ""
	}
	switch {
	case d >= longer:
		return fmt.Sprintf("its %s are %.3g times as far from the median of the other workers' as that median is long", what, d)
	case d >= opposed && f.dot <= against*f.own:
		return fmt.Sprintf("its %s point against the median of the other workers', %.3g times as far from it as it is long", what, d)
	default:
		return ""
	}
}

// watch compares the gradients, or updates, of a step. It must come before they are reduced, which
// uses their memory.
func (t *training) watch(step int, members []int, vectors [][]float64, divisors []float64) {
	if len(t.Members) < fewestWorkers {
		return
	}
	if t.watched == nil {
		t.watched = newOutliers(len(t.Members), t.blocks)
	}
	t.watched.add(members, vectors, divisors)
	if t.watched.steps == window {
		t.judge(step + 1)
	}
}

// judge ends a window of steps and names the members that stand out.
func (t *training) judge(step int) {
	if t.watched == nil || t.watched.steps == 0 {
		return
	}
	t.watched.close()
	what := "gradients"
	if t.set.Mode == parameterserver.LocalMode {
		what = "updates"
	}
	for i := range t.Members {
		if reason := t.watched.reason(i, what); reason != "" {
			t.standsOut(i, step, reason)
		}
	}
}

// standsOut names a member, once a fit.
func (t *training) standsOut(member, step int, reason string) {
	k, m := t.tracks[member], t.Members[member]
	if k.outlier != "" {
		return
	}
	k.outlier = reason + ": its rows differ from the other workers', or it sends wrong numbers"
	t.Log.Warn("a worker stands out", "worker", m.Name, "fit_id", t.ID, "step", step, "reason", reason)
	t.Publish(api.WorkerOutlierEvent{FitID: t.ID, Worker: m.Name, Step: step, Reason: k.outlier})
}

// findFarMoments names the members whose values of some column are a hundred times as far from the
// others' means as the others' values are.
func (t *training) findFarMoments(found []moments.Moments) {
	var present []int
	for i, one := range found {
		if one.Weight > 0 {
			present = append(present, i)
		}
	}
	if len(present) < fewestWorkers {
		return
	}
	means, squares := make([]float64, len(present)-1), make([]float64, len(present)-1)
	for k, i := range present {
		others := append(slices.Clone(present[:k]), present[k+1:]...)
		for j := range found[i].Mean {
			for n, o := range others {
				means[n] = found[o].Mean[j]
			}
			center := numeric.Median(means)
			for n, o := range others {
				squares[n] = meanSquare(found[o], j, center)
			}
			usual, own := math.Sqrt(numeric.Median(squares)), math.Sqrt(meanSquare(found[i], j, center))
			if usual > 0 && own >= farMoments*usual {
				t.standsOut(i, 0, fmt.Sprintf("its values of the column %s are %.3g times as far from the other workers' mean as theirs are", t.shape.Features[j], own/usual))
				break
			}
		}
	}
}
