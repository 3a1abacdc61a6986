package metrics

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// Clustering measures how well rows lie in clusters.
type Clustering struct {
	Rows  int   `json:"rows"`
	Sizes []int `json:"cluster_sizes" nullable:"false" doc:"How many of these rows are in each cluster of the model."`

	Inertia        *float64 `json:"inertia,omitzero" doc:"Sum of squared distances from the centers; absent if the model has none."`
	LogLikelihood  *float64 `json:"log_likelihood,omitzero" doc:"Mean logarithm of the density at a row; absent if the model has none."`
	Silhouette     *float64 `json:"silhouette,omitzero" doc:"Mean silhouette (Rousseeuw 1987), -1 to 1; absent with less than two clusters, or one for each row."`
	SilhouetteRows int      `json:"silhouette_rows" doc:"How many rows the silhouette is of: all, or a sample of them if there are many."`
	AdjustedRand   *float64 `json:"adjusted_rand,omitzero" doc:"Adjusted Rand index (Hubert and Arabie 1985): 1 if clusters are the true groups."`
}

// SilhouetteRows is of how many rows a silhouette is at most, unless it is said: it takes time in proportion to their square. Beyond
// silhouetteFeatures features they are fewer, so that it takes no longer.
const (
	SilhouetteRows     = 5000
	silhouetteFeatures = 100
)

// ClusteringOptions are what else is known of clusters.
type ClusteringOptions struct {
	Centers *mat.Dense      // clusters x features; nil if there are none
	Density []float64       // the logarithm of the model's density at each row; nil if it has none
	Truth   []learner.Label // the true group of each row; nil if it is not known
	Most    int             // rows of the silhouette; 0 means SilhouetteRows, or fewer of many features
	Seed    uint64          // of their sample, if there are more
}

// NewClustering measures clusters of the rows of x (rows x features): predicted has the index of each one's cluster, of so
// many. For inputs that do not fit together, or are so large that their squares are infinite, the error is a
// *learner.DataError; it is ctx's if that ends.
func NewClustering(ctx context.Context, x *mat.Dense, predicted []float64, clusters int, o ClusteringOptions) (Clustering, error) {
	at, err := checkClusters(x, predicted, clusters, o)
	if err != nil {
		return Clustering{}, err
	}
	out := Clustering{Rows: len(at), Sizes: make([]int, clusters)}
	for _, c := range at {
		out.Sizes[c]++
	}
	if o.Centers != nil {
		var inertia float64
		for i, c := range at {
			inertia += squared(x.RawRowView(i), o.Centers.RawRowView(c))
		}
		out.Inertia = &inertia
	}
	if o.Density != nil {
		mean := Mean(o.Density, nil)
		out.LogLikelihood = &mean
	}
	sample, of := x, at
	if o.Most == 0 {
		_, cols := x.Dims()
		o.Most = silhouetteRows(cols)
	}
	if len(at) > o.Most {
		sample, of = draw(x, at, o.Most, o.Seed)
	}
	if out.SilhouetteRows = len(of); someClusters(of, clusters) {
		s, err := silhouette(ctx, sample, of, clusters)
		if err != nil {
			return Clustering{}, err
		}
		out.Silhouette = &s
	}
	if o.Truth != nil {
		r := adjustedRand(at, o.Truth)
		out.AdjustedRand = &r
	}
	for _, v := range []*float64{out.Inertia, out.Silhouette, out.LogLikelihood} {
		if v != nil && !numeric.IsFinite(*v) {
			return Clustering{}, &learner.DataError{Row: -1, Column: -1, Reason: "rows are so far apart that the squares of their distances are infinite"}
		}
	}
	return out, nil
}

// silhouetteRows is of how many rows a silhouette is at most for so many features.
func silhouetteRows(features int) int {
	return int(SilhouetteRows / math.Sqrt(max(1, float64(features)/silhouetteFeatures)))
}

// checkClusters returns the clusters of rows as whole numbers.
func checkClusters(x *mat.Dense, predicted []float64, clusters int, o ClusteringOptions) ([]int, error) {
	fail := func(format string, args ...any) ([]int, error) {
		return nil, &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf(format, args...)}
	}
	if len(predicted) == 0 || x == nil {
		return fail("no rows to score")
	}
	rows, cols := x.Dims()
	switch {
	case rows != len(predicted):
		return fail("there are %d rows, but %d predictions", rows, len(predicted))
	case o.Truth != nil && len(o.Truth) != rows:
		return fail("there are %d rows, but %d true groups", rows, len(o.Truth))
	}
	if o.Density != nil && len(o.Density) != rows {
		return fail("there are %d rows, but %d densities", rows, len(o.Density))
	}
	if o.Most < 0 {
		return fail("a silhouette of %d rows", o.Most)
	}
	for i := range rows {
		if j := slices.IndexFunc(x.RawRowView(i), math.IsNaN); j >= 0 {
			return nil, &learner.DataError{Row: i, Column: j, Reason: "the value is missing, and so are its distances"}
		}
	}
	if o.Centers != nil {
		if r, c := o.Centers.Dims(); r != clusters || c != cols {
			return fail("the centers are %d x %d, for %d clusters and %d features", r, c, clusters, cols)
		}
	}
	at := make([]int, rows)
	for i, v := range predicted {
		if v != math.Trunc(v) || v < 0 || v >= float64(clusters) {
			return nil, &learner.DataError{Row: i, Column: -1, Name: "predicted", Reason: fmt.Sprintf("%v is the index of none of %d clusters", v, clusters)}
		}
		at[i] = int(v)
	}
	return at, nil
}

func squared(a, b []float64) float64 {
	var sum float64
	for j, v := range a {
		d := v - b[j]
		sum += float64(d * d)
	}
	return sum
}

// draw takes so many of the rows at random, in their order.
func draw(x *mat.Dense, at []int, n int, seed uint64) (*mat.Dense, []int) {
	chosen := learner.NewRand(learner.Seed(seed, "silhouette")).Perm(len(at))[:n]
	slices.Sort(chosen)
	_, cols := x.Dims()
	sample, of := mat.NewDense(n, cols, nil), make([]int, n)
	for i, row := range chosen {
		sample.SetRow(i, x.RawRowView(row))
		of[i] = at[row]
	}
	return sample, of
}

// someClusters reports whether silhouettes are defined: there are two clusters or more, and fewer than rows.
func someClusters(at []int, clusters int) bool {
	seen, n := make([]bool, clusters), 0
	for _, c := range at {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n >= 2 && n < len(at)
}

// silhouette is the mean over the rows of (b - a) / max(a, b): a is the mean distance from the others of its cluster, b
// that from those of the nearest other cluster. It is 0 for the only row of a cluster.
func silhouette(ctx context.Context, x *mat.Dense, at []int, clusters int) (float64, error) {
	rows, cols := x.Dims()
	sizes := make([]int, clusters)
	for _, c := range at {
		sizes[c]++
	}
	poll := learner.NewPoll(ctx, 1<<20)
	distances := mat.NewDense(rows, clusters, nil) // the sums of those from the rows of each cluster
	for i := range rows {
		if err := poll.Work((rows - i) * cols); err != nil {
			return 0, err
		}
		row, mine := x.RawRowView(i), distances.RawRowView(i)
		for k := i + 1; k < rows; k++ {
			d := math.Sqrt(squared(row, x.RawRowView(k)))
			mine[at[k]] += d
			distances.RawRowView(k)[at[i]] += d
		}
	}
	var total float64
	for i, own := range at {
		if sizes[own] == 1 {
			continue
		}
		sums := distances.RawRowView(i)
		a, b := sums[own]/float64(sizes[own]-1), math.Inf(1)
		for c, sum := range sums {
			if c != own && sizes[c] > 0 {
				b = min(b, sum/float64(sizes[c]))
			}
		}
		if m := max(a, b); m > 0 {
			total += (b - a) / m
		}
	}
	return total / float64(rows), nil
}

// adjustedRand compares two ways to put rows into groups, by their pairs.
func adjustedRand[K comparable](at []int, truth []K) float64 {
	type cell struct {
		cluster int
		group   K
	}
	both, found, known := map[cell]float64{}, map[int]float64{}, map[K]float64{}
	for i, c := range at {
		both[cell{c, truth[i]}]++
		found[c]++
		known[truth[i]]++
	}
	n := float64(len(at))
	together, inFound, inKnown := squares(both), squares(found), squares(known) // whole numbers, so that their order does not matter
	tp, fp, fn := together-n, inFound-together, inKnown-together
	tn := n*n - fp - fn - together
	if fn == 0 && fp == 0 {
		return 1
	}
	return 2 * (tp*tn - fn*fp) / ((tp+fn)*(fn+tn) + (tp+fp)*(fp+tn))
}

func squares[K comparable](counts map[K]float64) float64 {
	var sum float64
	for _, n := range counts {
		sum += n * n
	}
	return sum
}
