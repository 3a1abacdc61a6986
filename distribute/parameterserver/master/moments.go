package master

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/masters/cluster"
)

// mergeMoments merges the moments of the members' rows (Chan, Golub, LeVeque,
// "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances",
// 1979) in member order.
func (t *training) mergeMoments(ctx context.Context) error {
	found := make([]moments.Moments, len(t.Members))
	if err := t.phase(ctx, func(m *cluster.Member) (err error) {
		message := cluster.NewMessage(parameterserver.Moments)
		if err := message.Encode(t.momentsFrame(m)); err != nil {
			return err
		}
		found[m.Index], err = t.memberMoments(t.Schemas[m.Index].Rows, send(ctx, t, m, message))
		return err
	}); err != nil {
		return err
	}
	for i, m := range t.Members {
		if t.Failure(m) != nil {
			found[i] = moments.Moments{} // it has left after it had answered
		}
	}
	t.findFarMoments(found)
	all, err := t.joined(found)
	if err != nil {
		return err
	}
	t.weight, t.weighs = all.Weight, all.Weight
	if !t.set.Standardize {
		return nil
	}
	scaling, err := all.Scaling()
	if err != nil {
		return api.NewProblem(api.CodeUnusableData, cluster.Sentence(err))
	}
	if isLinear(t.blocks) && len(t.blocks) == 1 { // without an intercept, the means are not subtracted
		scaling = scaling.ScaleOnly()
	}
	t.scaling = &scaling
	t.means = make([][]float64, len(found))
	for i, one := range found {
		t.means[i] = make([]float64, len(scaling.Mean))
		if one.Weight > 0 {
			scaling.Row(one.Mean, t.means[i])
		}
	}
	return nil
}

// joined is the moments of all members together. With a robust aggregation each number is the median
// (or the trimmed mean) of the members': that of their means, and that of their mean squared
// deviations from it. With the mean in its place, these would be the moments of all rows. The weight
// is that of as many members with the median's.
func (t *training) joined(found []moments.Moments) (all moments.Moments, err error) {
	if t.master.middle != nil {
		return robustMoments(found, t.master.middle), nil
	}
	for i, one := range found {
		merged, err := moments.Merge(all, one)
		if err != nil {
			return all, api.Problemf(api.CodeUnusableData, "The moments of worker %s cannot be merged: %v.", t.Members[i].Name, err)
		}
		if j := firstOverflow(merged); j >= 0 {
			k := farthest(found[:i+1], j)
			return all, api.Problemf(api.CodeUnusableData,
				"The moments of the workers cannot be merged: their squares are too large in column %s; worker %s has the largest, with a mean of %v.",
				t.shape.Features[j], t.Members[k].Name, found[k].Mean[j])
		}
		all = merged
	}
	return all, nil
}

func robustMoments(found []moments.Moments, of middle) moments.Moments {
	var present []moments.Moments
	for _, one := range found {
		if one.Weight > 0 {
			present = append(present, one)
		}
	}
	column := make([]float64, len(present))
	for k, one := range present {
		column[k] = one.Weight
	}
	all := moments.Moments{Weight: of(column) * float64(len(present))}
	for j := range present[0].Mean {
		for k, one := range present {
			column[k] = one.Mean[j]
		}
		center := of(column)
		for k, one := range present {
			column[k] = meanSquare(one, j, center)
		}
		all.Mean, all.M2 = append(all.Mean, center), append(all.M2, of(column)*all.Weight)
	}
	return all
}

// meanSquare is the mean squared deviation of a member's column j from a center.
func meanSquare(m moments.Moments, j int, center float64) float64 {
	return m.M2[j]/m.Weight + (m.Mean[j]-center)*(m.Mean[j]-center)
}

// firstOverflow is the first column whose merged moments are not finite, or -1.
func firstOverflow(m moments.Moments) int {
	for j := range m.Mean {
		if !numeric.IsFinite(m.Mean[j]) || !numeric.IsFinite(m.M2[j]) {
			return j
		}
	}
	return -1
}

// farthest is the member with the largest numbers in column j.
func farthest(found []moments.Moments, j int) (member int) {
	largest := -1.0
	for k, one := range found {
		if one.Weight == 0 {
			continue
		}
		if size := max(math.Abs(one.Mean[j]), math.Sqrt(one.M2[j])); size > largest {
			member, largest = k, size
		}
	}
	return member
}

func (t *training) momentsFrame(m *cluster.Member) parameterserver.MomentsFrame {
	return parameterserver.MomentsFrame{
		FitID: t.ID, Features: t.shape.Features, Seed: t.Config().Seed, Validation: t.validation(), Prepared: t.shape.Prepared(m),
	}
}

// memberMoments checks and copies the moments of one member, which has so many rows.
func (t *training) memberMoments(rows int, r cluster.Reply[parameterserver.MomentsAnswer]) (moments.Moments, error) {
	if r.Err != nil {
		return moments.Moments{}, r.Err
	}
	one := moments.Moments{Weight: r.Value.Weight}
	for _, a := range []struct {
		name string
		into *[]float64
	}{{"mean", &one.Mean}, {"m2", &one.M2}} {
		found, err := wire.Find(r.Arrays, a.name)
		if err != nil {
			return moments.Moments{}, err
		}
		if err := cluster.CheckValues(found.Data, len(t.shape.Features), 1); err != nil {
			return moments.Moments{}, fmt.Errorf("its moments (%s): %w", a.name, err)
		}
		*a.into = slices.Clone(found.Data) // the copy outlives the next call
	}
	if r.Value.FitID != t.ID {
		return moments.Moments{}, fmt.Errorf("its moments are for fit %q instead of %q", r.Value.FitID, t.ID)
	}
	if err := errors.Join(checkMoments(one, rows), cluster.CheckSeconds(r.Value.Seconds)); err != nil {
		return moments.Moments{}, err
	}
	return one, nil
}

// farMoments is how far the values of a column must be for their worker to be named, in the root mean
// square deviations of the others' values.
const farMoments = 100

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
				t.standsOut(i, 0, fmt.Sprintf("its values of the column %s are %.3g times as far from the other workers' mean as theirs are",
					t.shape.Features[j], own/usual))
				break
			}
		}
	}
}
