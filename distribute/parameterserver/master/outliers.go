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

// Workers that stand out are named, not excluded: numbers alone cannot tell a worker that sends wrong
// gradients from one with unusual rows. So that the latter are seldom named:
//
//   - Gradients are added up over a window of steps, which averages out the noise of mini-batches.
//   - A window counts if the others' median is at least half as long as in the longest window so far.
//     Near the optimum of rows that differ, the workers' gradients balance each other, so that one of
//     three points against the other two whatever it does.
//   - Intercepts do not count: they are the first to differ between workers with other shares of the
//     classes. Of a linear model, a worker must also stand out without what an error in the intercept
//     does to its coefficients: see intercepts.
//   - A worker stands out if it is far from the others, compared with their own distances from the
//     median of all (farApart), and either against them (opposed, against) or much longer (longer).
//
// A worker is named when it has stood out at the ends of two windows, or at the end of the fit. One that
// sends -g instead of g is at a distance of 2 lengths of the others' median g, and one that sends
// nothing at a distance of 1.
//
// The limits were chosen with 768 trainings of honest workers, judged at their end: three to eight
// workers with a linear model, rows dealt in turn, by the target, by a feature, with features moved or
// twice as large, in unequal numbers. In 8 of them somebody was named: where rows were dealt strictly by
// the target, or one worker's features were twice as large for the same targets. Of workers that sent -g
// among others whose rows were dealt in turn, 77 of 96 were named, the others mostly where the targets'
// mean was ten times their deviation, and of those that sent 10 g, 90 of 96. The limits were not tried
// on other data than they were chosen with.
const (
	fewestWorkers  = 3   // of two that differ, either may be the odd one out
	window         = 16  // steps
	mostNumbers    = 384 // of all workers that are looked at in a step, spread evenly over the parameters
	fewCoordinates = 16  // are looked at in any case
	farApart       = 2.5 // in median distances of the others
	opposed        = 1.5 // distance of a worker that is against the others, in lengths of their median
	against        = -0.7
	longer         = 6    // distance of any other worker, in the same unit
	largestNumber  = 1e50 // larger ones count as this, so that squares and sums do not overflow
)

// outliers follows the distances between the members' gradients during a fit.
type outliers struct {
	index []int       // the coordinates
	free  *intercepts // nil if the model is not linear, or the means of the features are not known
	have  []int       // steps of the window that the member took part in
	steps int         // of the window
	views []*view     // of the gradients as they are and, if free is not nil, without the intercept's part
}

// view is one way to look at the gradients.
type view struct {
	sums [][]float64 // members x coordinates, of the window
	peak float64     // the greatest length of the median in a window
	far  []far       // members
}

// far is what the windows that count add up to for one member.
type far struct {
	distance float64 // from the median of the others
	length   float64 // of that median
	spread   float64 // median distance of the others from the median of all
	dot, own float64 // product with that median, and that of both lengths
}

func newOutliers(members int, blocks []learner.Block, means [][]float64) *outliers {
	counts := slices.DeleteFunc(spans(blocks), func(s span) bool { return !s.penalised })
	if len(counts) == 0 {
		counts = spans(blocks)
	}
	total := 0
	for _, s := range counts {
		total += s.length
	}
	o := &outliers{have: make([]int, members)}
	chosen := min(total, max(mostNumbers/members, fewCoordinates))
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
	o.free = newIntercepts(blocks, o.index, means)
	o.views = []*view{newView(members, chosen)}
	if o.free != nil {
		o.views = append(o.views, newView(members, chosen))
	}
	return o
}

func newView(members, coordinates int) *view {
	v := &view{far: make([]far, members)}
	for range members {
		v.sums = append(v.sums, make([]float64, coordinates))
	}
	return v
}

// intercepts is how the intercept's part is taken out of the gradient of a linear model's coefficient.
// That gradient is the mean of slope x feature over the rows; less the mean slope (the intercept's
// gradient) x the mean feature, it is the covariance of both within the worker's rows. So workers
// whose rows lie elsewhere do not pull in opposite directions just because the intercept is still wrong.
type intercepts struct {
	of      []int       // of each coordinate, the coordinate of its output's intercept
	feature []int       // of each coordinate
	means   [][]float64 // members x features, on the scale of the training
}

func newIntercepts(blocks []learner.Block, index []int, means [][]float64) *intercepts {
	coef, intercept := span{}, span{}
	for k, s := range spans(blocks) {
		switch blocks[k].Name {
		case moments.CoefBlock:
			coef = s
		case moments.InterceptBlock:
			intercept = s
		}
	}
	if means == nil || !isLinear(blocks) || coef.length == 0 || intercept.length == 0 {
		return nil
	}
	f := &intercepts{means: means}
	features := coef.length / intercept.length
	for _, i := range index {
		if i < coef.from || i >= coef.from+coef.length {
			return nil // only coefficients are penalised
		}
		f.feature = append(f.feature, (i-coef.from)%features)
		f.of = append(f.of, intercept.from+(i-coef.from)/features)
	}
	return f
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
		for c, i := range o.index {
			v := vectors[k][i] / divisors[k]
			o.views[0].sums[member][c] += bounded(v)
			if o.free != nil {
				v -= vectors[k][o.free.of[c]] / divisors[k] * o.free.means[member][o.free.feature[c]]
				o.views[1].sums[member][c] += bounded(v)
			}
		}
	}
	o.steps++
}

func bounded(v float64) float64 { return min(max(v, -largestNumber), largestNumber) }

// close ends the window, which may be empty.
func (o *outliers) close() {
	var present []int // took part in half of its steps or more
	for m, n := range o.have {
		if n > 0 && 2*n >= o.steps {
			present = append(present, m)
		}
	}
	for _, v := range o.views {
		for _, m := range present {
			floats.Scale(1/float64(o.have[m]), v.sums[m])
		}
		if len(present) >= fewestWorkers && len(o.index) > 0 {
			v.compare(present)
		}
		for m := range v.sums {
			clear(v.sums[m])
		}
	}
	clear(o.have)
	o.steps = 0
}

// compare adds a window's distances between the members that took part in it.
func (v *view) compare(present []int) {
	n := len(present)
	one, fromAll := make([]far, n), make([]float64, n)
	column := make([]float64, n)
	for c := range v.sums[0] {
		for k, m := range present {
			column[k] = v.sums[m][c]
		}
		slices.Sort(column)
		middle := medianWithout(column, -1)
		for k, m := range present {
			x := v.sums[m][c]
			rank, _ := slices.BinarySearch(column, x)
			others := medianWithout(column, rank)
			one[k].distance += (x - others) * (x - others)
			one[k].length += others * others
			one[k].dot += x * others
			one[k].own += x * x
			fromAll[k] += (x - middle) * (x - middle)
		}
	}
	for k := range fromAll {
		fromAll[k] = math.Sqrt(fromAll[k])
	}
	for k, m := range present {
		f, w := &v.far[m], one[k]
		length, distance := math.Sqrt(w.length), math.Sqrt(w.distance)
		if length < v.peak/2 && distance < longer*v.peak {
			continue
		}
		column = append(append(column[:0], fromAll[:k]...), fromAll[k+1:]...)
		f.distance += distance
		f.length += length
		f.spread += numeric.Median(column)
		f.dot += w.dot
		f.own += math.Sqrt(w.own) * length
	}
	v.peak = max(v.peak, numeric.Median(lengths(one)))
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
	if o == nil || o.views[0].far[member].length == 0 {
		return 0
	}
	return o.views[0].far[member].ratio()
}

func (f far) ratio() float64 { return f.distance / f.length }

// isLong and isAgainst are the two ways to stand out.
func (f far) isLong() bool { return f.isFar() && f.distance >= longer*f.length }
func (f far) isAgainst() bool {
	return f.isFar() && f.distance >= opposed*f.length && f.dot <= against*f.own
}
func (f far) isFar() bool { return f.distance > farApart*f.spread && f.length > 0 }

// reason says how a member's gradients, or updates, stand out; it is empty if they do not. They must in
// each view.
func (o *outliers) reason(member int, what string) string {
	long, opposite := true, true
	for _, v := range o.views {
		long = long && v.far[member].isLong()
		opposite = opposite && (v.far[member].isLong() || v.far[member].isAgainst())
	}
	switch {
	case long:
		return fmt.Sprintf("its %s are %.3g times as far from the median of the other workers' as that median is long", what, o.distance(member))
	case opposite:
		return fmt.Sprintf("its %s point against the median of the other workers', %.3g times as far from it as it is long", what, o.distance(member))
	default:
		return ""
	}
}

// numbers is what the outliers remember, in one row.
func (o *outliers) numbers() []float64 {
	all := []float64{float64(o.steps)}
	for _, n := range o.have {
		all = append(all, float64(n))
	}
	for _, v := range o.views {
		all = append(all, v.peak)
		for m, sums := range v.sums {
			f := v.far[m]
			all = append(append(all, sums...), f.distance, f.length, f.spread, f.dot, f.own)
		}
	}
	return all
}

// restore goes on from numbers that as many members, of the same model, had.
func (o *outliers) restore(from []float64) error {
	if want := len(o.numbers()); len(from) != want {
		return fmt.Errorf("the comparison of the workers has %d numbers instead of %d", len(from), want)
	}
	next := func() (v float64) {
		v, from = from[0], from[1:]
		return v
	}
	o.steps = int(next())
	for m := range o.have {
		o.have[m] = int(next())
	}
	for _, v := range o.views {
		v.peak = next()
		for m, sums := range v.sums {
			from = from[copy(sums, from):]
			v.far[m] = far{distance: next(), length: next(), spread: next(), dot: next(), own: next()}
		}
	}
	return nil
}

// watch compares the gradients, or updates, of a step. It must come before they are reduced, which
// uses their memory.
func (t *training) watch(step int, members []int, vectors [][]float64, divisors []float64) {
	if len(t.Members) < fewestWorkers {
		return
	}
	if t.watched == nil {
		t.watched = newOutliers(len(t.Members), t.blocks, t.means)
	}
	t.watched.add(members, vectors, divisors)
	if t.watched.steps == window {
		t.judge(step+1, false)
	}
}

// judge ends a window of steps and names the members that stand out at the end of the fit, or have
// before.
func (t *training) judge(step int, end bool) {
	if t.watched == nil {
		return
	}
	t.watched.close()
	what := "gradients"
	if t.set.Mode == parameterserver.LocalMode {
		what = "updates"
	}
	for i := range t.Members {
		reason, k := t.watched.reason(i, what), t.tracks[i]
		if reason != "" && (end || k.stoodOut) {
			t.standsOut(i, step, reason)
		}
		k.stoodOut = reason != ""
	}
}

// standsOut names a member, once a fit.
func (t *training) standsOut(member, step int, reason string) {
	k, m := t.tracks[member], t.Members[member]
	if k.outlier != "" {
		return
	}
	k.outlier = reason + ": its rows differ from the other workers', or it sends wrong numbers"
	t.Log.Warn("a worker stands out", "worker", m.Name, "step", step, "reason", reason)
	t.Publish(api.WorkerOutlierEvent{FitID: t.ID, Worker: m.Name, Step: step, Reason: k.outlier})
}
