package learnertest

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func stateActs() []act {
	return []act{
		{check: "capabilities", what: "a Snapshotter registered as an Estimator", registry: func() *registry.Registry {
			r := &registry.Registry{}
			registry.RegisterIn(r, "saboteur", registry.Entry[none, learner.Estimator]{Task: learner.Classification, Summary: "Hides.",
				New: func(_ none, env learner.Env) (learner.Estimator, error) {
					return &honestClassifier{honest{env: env, task: learner.Classification}}, nil
				}})
			return r
		}()},
		breaks("predict_before_fit", "answers zeros before Fit", hooks{predict: func(m model, x *mat.Dense) ([]float64, error) {
			y, err := m.Predict(background, x)
			if errors.Is(err, learner.ErrNotFitted) {
				rows, _ := x.Dims()
				return make([]float64, rows), nil
			}
			return y, err
		}}),
		breaks("predict_before_fit", "says so in an error of its own", hooks{proba: func(m model, x *mat.Dense) (*mat.Dense, error) {
			p, err := m.PredictProba(background, x)
			if errors.Is(err, learner.ErrNotFitted) {
				return nil, errors.New("fit me")
			}
			return p, err
		}}),
		breaksWith("refit", "starts from where the last Fit ended", learner.Traits{}, func(env learner.Env) hooks {
			return hooks{fit: func(m model, c ctx, d data) error {
				m.env.Seed++
				return m.Fit(c, d)
			}}
		}),
		breaks("refit_replaces", "remembers the first data's width", hooks{fit: func(m model, c ctx, d data) error {
			width := m.width
			err := m.Fit(c, d)
			if err == nil && width > 0 {
				m.width = width
			}
			return err
		}, predict: func(m model, x *mat.Dense) ([]float64, error) {
			if !m.fitted {
				return nil, learner.ErrNotFitted
			}
			if err := learner.CheckPredict(x, m.width, learner.Traits{}); err != nil {
				return nil, err
			}
			rows, _ := x.Dims()
			return make([]float64, rows), nil
		}}),
	}
}

// tolerant is a fit that makes bad data good instead of refusing it.
func tolerant(bad func(data) bool, mend func(*data)) hooks {
	return hooks{fit: func(m model, c ctx, d data) error {
		if bad(d) {
			d = cloneData(d)
			mend(&d)
		}
		return m.Fit(c, d)
	}}
}

func zeroed(x *mat.Dense, bad func(float64) bool) *mat.Dense {
	x = mat.DenseCopyOf(x)
	x.Apply(func(_, _ int, v float64) float64 {
		if bad(v) {
			return 0
		}
		return v
	}, x)
	return x
}

func badDataActs() []act {
	isInf := func(v float64) bool { return math.IsInf(v, 0) }
	return []act{
		breaks("empty_data", "forgets the old model", hooks{fit: func(m model, c ctx, d data) error {
			err := m.Fit(c, d)
			if d.Len() == 0 && m.fitted {
				m.layers[0].w[0]++
			}
			return err
		}}),
		breaks("empty_data", "calls it fitted", hooks{fit: func(m model, c ctx, d data) error {
			if d.Len() == 0 {
				return nil
			}
			return m.Fit(c, d)
		}}),
		breaks("wrong_width", "cuts wide rows", hooks{predict: func(m model, x *mat.Dense) ([]float64, error) {
			if _, cols := x.Dims(); m.fitted && cols > m.width {
				return m.Predict(background, narrower(x))
			}
			return m.Predict(background, x)
		}}),
		breaks("wrong_width", "fits as many rows as there are targets", tolerant(func(d data) bool { return d.Len() > 0 && len(d.Y) == d.Len()-1 }, func(d *data) {
			d.X, d.Rows = rowsOf(d.X, upTo(len(d.Y))...), d.Rows[:len(d.Y)]
		})),
		breaks("missing_values", "takes NaN for 0", tolerant(func(d data) bool { return d.Len() > 0 }, func(d *data) { d.X = zeroed(d.X, math.IsNaN) })),
		breaksWith("missing_values", "does not accept what its trait promises", learner.Traits{AllowsMissing: true}, func(learner.Env) hooks { return hooks{} }),
		breaks("infinite_values", "takes infinity for 0",
			hooks{predict: func(m model, x *mat.Dense) ([]float64, error) { return m.Predict(background, zeroed(x, isInf)) }}),
		breaks("bad_targets", "clips class indices", tolerant(func(d data) bool {
			return d.Len() > 0 && len(d.Classes) > 0 && slices.Max(d.Y) >= float64(len(d.Classes))
		}, func(d *data) {
			for i, y := range d.Y {
				d.Y[i] = min(y, float64(len(d.Classes)-1))
			}
		})),
		breaks("bad_weights", "takes negative weights for 0", tolerant(func(d data) bool { return d.Weights != nil }, func(d *data) {
			for i, w := range d.Weights {
				d.Weights[i] = max(w, 0)
			}
		})),
		breaks("bad_weights", "reports them without a type", hooks{fit: func(m model, c ctx, d data) error {
			if slices.ContainsFunc(d.Weights, math.IsNaN) {
				return errors.New("bad weights")
			}
			return m.Fit(c, d)
		}}),
		{check: "negative_values", what: "takes them although it declared that it would not", registry: honestAs("saboteur"), options: []Option{NonNegative()}},
	}
}

// honestAs is the honest classifier under another name.
func honestAs(string) *registry.Registry {
	return saboteurRegistry(learner.Traits{}, func(learner.Env) hooks { return hooks{} })
}

func degenerateActs() []act {
	counted := func(d data) []int {
		n := make([]int, len(d.Classes))
		for i, y := range d.Y {
			if d.Weight(i) > 0 {
				n[int(y)]++
			}
		}
		return n
	}
	present := func(d data) (classes int) {
		for _, n := range counted(d) {
			if n > 0 {
				classes++
			}
		}
		return classes
	}
	refuse := func(bad func(data) bool) hooks {
		return hooks{fit: func(m model, c ctx, d data) error {
			if d.Len() > 0 && bad(d) {
				return errors.New("this data is too poor for me")
			}
			return m.Fit(c, d)
		}}
	}
	constant := func(d data) bool {
		for j := range width {
			column := mat.Col(nil, j, d.X)
			if slices.Min(column) == slices.Max(column) {
				return true
			}
		}
		return false
	}
	cols := func(d data) int { _, c := d.X.Dims(); return c }
	return []act{
		breaks("one_row", "refuses it", refuse(func(d data) bool { return d.Len() == 1 })),
		breaks("one_row", "divides by n - 1", hooks{proba: func(m model, x *mat.Dense) (*mat.Dense, error) {
			p, err := m.PredictProba(background, x)
			if rows, _ := x.Dims(); err == nil && rows == 1 {
				p.Scale(math.NaN(), p)
			}
			return p, err
		}}),
		breaks("one_feature", "refuses it", refuse(func(d data) bool { return cols(d) == 1 })),
		breaks("one_class", "refuses it", refuse(func(d data) bool { return present(d) == 1 })),
		breaks("one_class", "predicts the first class", hooks{fit: edited(func(d *data) {
			if d.Len() > 1 && present(*d) == 1 {
				fill(d.Y, 0)
			}
		})}),
		breaks("absent_class", "numbers the classes that it sees", hooks{fit: edited(func(d *data) {
			n := counted(*d)
			for i, y := range d.Y {
				for c := range int(y) {
					if n[c] == 0 {
						d.Y[i]--
					}
				}
			}
		})}),
		breaks("constant_columns", "refuses them", refuse(func(d data) bool { return cols(d) >= width && d.Len() > 40 && constant(d) })),
		breaks("duplicate_rows", "refuses them", refuse(func(d data) bool {
			return d.Len() > 3 && slices.Equal(d.X.RawRowView(0), d.X.RawRowView(1))
		})),
		breaks("more_columns_than_rows", "refuses them", refuse(func(d data) bool { return cols(d) > d.Len() && d.Len() > 1 })),
	}
}

func purityActs() []act {
	return []act{
		breaks("inputs_unchanged", "sorts the weights", hooks{fit: func(m model, c ctx, d data) error {
			defer slices.Sort(d.Weights)
			return m.Fit(c, d)
		}}),
		breaks("inputs_unchanged", "standardises x in place", hooks{predict: func(m model, x *mat.Dense) ([]float64, error) {
			y, err := m.Predict(background, x)
			if err == nil {
				x.Scale(2, x)
			}
			return y, err
		}}),
		breaksWith("no_reference_kept", "looks its training targets up again", learner.Traits{}, func(learner.Env) hooks {
			var y []float64
			return hooks{
				fit: func(m model, c ctx, d data) error { y = d.Y; return m.Fit(c, d) },
				proba: func(m model, x *mat.Dense) (*mat.Dense, error) {
					return tilted(m, x, func(int) float64 { return y[0] + y[1] })
				},
			}
		}),
		breaksWith("answers_are_the_callers", "answers in one buffer", learner.Traits{}, func(learner.Env) hooks {
			buffer := make([]float64, 10000)
			return hooks{predict: func(m model, x *mat.Dense) ([]float64, error) {
				y, err := m.Predict(background, x)
				return buffer[:copy(buffer, y)], err
			}}
		}),
		breaksWith("concurrent_predict", "counts who is asking", learner.Traits{}, func(learner.Env) hooks {
			var asked atomic.Int64
			return hooks{proba: func(m model, x *mat.Dense) (*mat.Dense, error) {
				n := asked.Add(1)
				return tilted(m, x, func(int) float64 { return 1e-6 * float64(n) })
			}}
		}),
	}
}

func invarianceActs() []act {
	return []act{
		breaks("subset_invariance", "adds the last bits up otherwise in a block", hooks{proba: func(m model, x *mat.Dense) (*mat.Dense, error) {
			rows, _ := x.Dims()
			return tilted(m, x, func(i int) float64 { return map[bool]float64{true: 1e-13}[i < rows/64*64] })
		}}),
		breaks("strided_input", "reads the raw data of a view", hooks{predict: func(m model, x *mat.Dense) ([]float64, error) {
			if rows, cols := x.Dims(); cols == width {
				return m.Predict(background, mat.NewDense(rows, cols, slices.Clone(zeroed(x, math.IsNaN).RawMatrix().Data[:rows*cols])))
			}
			return m.Predict(background, x)
		}, fit: func(m model, c ctx, d data) error {
			if d.X != nil && d.X.RawMatrix().Stride > d.X.RawMatrix().Cols {
				rows, cols := d.X.Dims()
				raw := slices.Clone(d.X.RawMatrix().Data[:rows*cols])
				for i, v := range raw {
					if math.IsNaN(v) {
						raw[i] = 0
					}
				}
				d.X = mat.NewDense(rows, cols, raw)
			}
			return m.Fit(c, d)
		}}),
		breaks("row_ids", "treats no ids as zeros", hooks{fit: edited(func(d *data) {
			if d.Rows == nil {
				d.Y[0] = float64(len(d.Classes) - 1)
			}
		})}),
	}
}

func weightActs() []act {
	drop := func(d *data) { d.Weights = nil }
	return []act{
		breaks("row_weights", "ignores them", hooks{fit: edited(drop)}),
		breaks("row_weights", "takes their square roots", hooks{fit: edited(func(d *data) {
			for i, w := range d.Weights {
				d.Weights[i] = math.Sqrt(w)
			}
		})}),
		breaks("fractional_weights", "rounds them", hooks{fit: edited(func(d *data) {
			for i, w := range d.Weights {
				d.Weights[i] = math.Round(w)
			}
		})}),
		breaksWith("fractional_weights", "takes them although its trait says it would not", learner.Traits{WholeWeights: true},
			func(learner.Env) hooks { return hooks{} }),
		breaks("unit_weights", "adds a ridge when there are weights", hooks{fit: edited(func(d *data) {
			if d.Weights != nil {
				d.Weights[0] += 1e-9
			}
		})}),
		breaks("zero_weights", "ignores them", hooks{fit: edited(drop)}),
		breaksWith("zero_weights", "ignores them behind a trait", learner.Traits{SamplesRows: true}, func(learner.Env) hooks { return hooks{fit: edited(drop)} }),
		breaks("zero_weight_rows_absent", "centres on all rows", hooks{fit: edited(func(d *data) {
			column := mat.Col(nil, 0, d.X)
			var mean float64
			for _, v := range column {
				mean += v / float64(len(column))
			}
			for i := range column {
				d.X.Set(i, 0, column[i]-1e-3*mean)
			}
		})}),
	}
}

func determinismActs() []act {
	var made atomic.Uint64
	return []act{
		breaksWith("same_seed_same_bits", "draws from a global generator", learner.Traits{}, func(learner.Env) hooks {
			salt := made.Add(1)
			return hooks{fit: func(m model, c ctx, d data) error {
				m.env.Seed += salt
				return m.Fit(c, d)
			}}
		}),
		breaksWith("threads_do_not_matter", "gives each thread a seed", learner.Traits{}, func(env learner.Env) hooks {
			return hooks{fit: func(m model, c ctx, d data) error {
				m.env.Seed = uint64(env.Procs)
				return m.Fit(c, d)
			}}
		}),
	}
}

func cancelActs() []act {
	return []act{
		breaks("ended_context", "does not look", hooks{fit: func(m model, _ ctx, d data) error { return m.Fit(background, d) }}),
		breaks("ended_context", "reports an error of its own", hooks{fit: func(m model, c ctx, d data) error {
			if c.Err() != nil {
				return errors.New("stopped")
			}
			return m.Fit(c, d)
		}}),
		breaks("cancel_fit", "looks at the start only", hooks{fit: func(m model, c ctx, d data) error {
			if err := c.Err(); err != nil {
				return err
			}
			return m.Fit(background, d)
		}}),
		breaks("cancel_fit", "looks at the end only by chance", hooks{fit: func(m model, c ctx, d data) error {
			for range 9 {
				_ = c.Err()
			}
			return m.Fit(background, d)
		}}),
		breaks("cancel_fit", "runs on for a while", hooks{fit: func(m model, c ctx, d data) error {
			err := m.Fit(c, d)
			for range 2 * pollsAfterEnd {
				_ = c.Err()
			}
			return err
		}}),
		breaks("cancel_fit", "loses the old model", hooks{fit: func(m model, c ctx, d data) error {
			err := m.Fit(c, d)
			if errors.Is(err, context.Canceled) && m.fitted {
				m.layers[1].w[0]++
			}
			return err
		}}),
	}
}
