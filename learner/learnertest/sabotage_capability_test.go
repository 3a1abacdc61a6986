package learnertest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
)

func classifierActs() []act {
	proba := func(edit func(row []float64)) hooks {
		return hooks{proba: func(m model, x *mat.Dense) (*mat.Dense, error) {
			p, err := m.PredictProba(background, x)
			if err == nil {
				rows, _ := p.Dims()
				for i := range rows {
					edit(p.RawRowView(i))
				}
			}
			return p, err
		}}
	}
	return []act{
		breaks("probabilities", "scores instead", proba(func(row []float64) {
			for j := range row {
				row[j] *= 2
			}
		})),
		breaks("probabilities", "one a little below 0", proba(func(row []float64) { row[0], row[1] = -1e-12, row[0]+row[1]+1e-12 })),
		breaks("probabilities", "overflows far away", hooks{proba: func(m model, x *mat.Dense) (*mat.Dense, error) {
			p, err := m.PredictProba(background, x)
			if err == nil && mat.Max(x) > 1e6 {
				p.Set(0, 0, math.NaN())
			}
			return p, err
		}}),
		breaks("probabilities", "leaves out a class", hooks{proba: func(m model, x *mat.Dense) (*mat.Dense, error) {
			p, err := m.PredictProba(background, x)
			if err == nil {
				p = wider(p)
			}
			return p, err
		}}),
		breaks("predict_is_argmax", "in the order of another list", proba(slices.Reverse[[]float64])),
	}
}

func snapshotActs() []act {
	const marked = "CHIMERA\x01"
	unchecked := func(m model, data []byte) error { // mends the checksum
		if len(data) < 5 || !bytes.HasPrefix(data, []byte(marked)) {
			return m.UnmarshalBinary(data)
		}
		return m.UnmarshalBinary(snapshot.Seal(bytes.Clone(data[:len(data)-4])))
	}
	return []act{
		breaks("snapshot_round_trip", "loses a bit", hooks{marshal: func(m model) ([]byte, error) {
			if !m.fitted {
				return nil, learner.ErrNotFitted
			}
			c := *m
			c.layers, _ = spread(m.layers, m.Parameters())
			c.layers[0].w[0] = float64(float32(c.layers[0].w[0]))
			return c.MarshalBinary()
		}}),
		breaksWith("snapshot_round_trip", "keeps a reference", learner.Traits{}, func(learner.Env) hooks {
			var kept []byte
			return hooks{
				unmarshal: func(m model, data []byte) error { kept = data; return m.UnmarshalBinary(data) },
				proba: func(m model, x *mat.Dense) (*mat.Dense, error) {
					return tilted(m, x, func(int) float64 { return map[bool]float64{true: 1}[len(kept) > 0 && kept[0] != marked[0]] })
				},
			}
		}),
		breaks("snapshot_damaged", "has no checksum", hooks{unmarshal: unchecked}),
		breaks("snapshot_damaged", "does not wrap ErrSnapshot", hooks{unmarshal: func(m model, data []byte) error {
			if err := m.UnmarshalBinary(data); err != nil {
				return errors.New("damaged")
			}
			return nil
		}}),
		breaks("snapshot_damaged", "forgets the old model", hooks{unmarshal: func(m model, data []byte) error {
			err := m.UnmarshalBinary(data)
			if err != nil && m.fitted {
				m.layers[0].w[1]++
			}
			return err
		}}),
		breaks("snapshot_hostile", "believes a length", hooks{unmarshal: func(m model, data []byte) error {
			if len(data) > 60 {
				for at := 24; at+8 < len(data)-4; at += 8 {
					if n := binary.LittleEndian.Uint64(data[at:]); n == 1<<24 {
						_ = make([]float64, n)
					}
				}
			}
			return m.UnmarshalBinary(data)
		}}),
		{check: "snapshot_hostile", what: "panics on a number it did not expect", panics: true, registry: saboteurRegistry(learner.Traits{}, func(learner.Env) hooks {
			return hooks{unmarshal: func(m model, data []byte) error {
				if bytes.Contains(data, bytes.Repeat([]byte{0xff}, 8)) {
					panic("index out of range")
				}
				return m.UnmarshalBinary(data)
			}}
		})},
	}
}

func parameterActs() []act {
	return []act{
		breaks("init_deterministic", "begins where it was", hooks{init: func(m model, s learner.Schema) ([]learner.Block, error) {
			m.env.Seed++
			return m.Init(s)
		}}),
		breaks("init_deterministic", "leaves a block out", hooks{init: func(m model, s learner.Schema) ([]learner.Block, error) {
			blocks, err := m.Init(s)
			return blocks[1:], err
		}}),
		breaks("parameters_are_copied", "lends its own", hooks{parameters: func(m model) []float64 {
			if m.layers == nil {
				return nil
			}
			p := m.Parameters()
			cut := len(m.layers[0].w)
			m.layers[0].w, m.layers[1].w = p[:cut], p[cut:]
			return p
		}}),
		breaks("set_parameters_refused", "takes NaN", hooks{setParameters: func(m model, p []float64) error {
			return m.SetParameters(slices.Clone(withoutNaN(p)))
		}}),
		breaks("set_parameters_refused", "keeps part of what it refuses", hooks{setParameters: func(m model, p []float64) error {
			err := m.SetParameters(p)
			if err != nil && m.layers != nil {
				m.layers[0].w[0] = 9
			}
			return err
		}}),
		breaksWith("parameters_are_the_model", "keeps something beside them", learner.Traits{}, func(learner.Env) hooks {
			bias := 0.0
			return hooks{
				fit: func(m model, c ctx, d data) error { bias = 0.1; return m.Fit(c, d) },
				proba: func(m model, x *mat.Dense) (*mat.Dense, error) {
					return tilted(m, x, func(int) float64 { return bias })
				},
			}
		}),
	}
}

func withoutNaN(p []float64) []float64 {
	p = slices.Clone(p)
	for i, v := range p {
		if math.IsNaN(v) {
			p[i] = 0
		}
	}
	return p
}

func gradientActs() []act {
	gradient := func(after func(m model, d data, into []float64, loss, weight *float64)) hooks {
		return hooks{gradient: func(m model, c ctx, d data, into []float64) (float64, float64, error) {
			loss, weight, err := m.Gradient(c, learner.Step{}, d, into)
			if err == nil {
				after(m, d, into, &loss, &weight)
			}
			return loss, weight, err
		}}
	}
	return []act{
		breaks("gradient_is_the_slope", "one coordinate off by 1e-5", gradient(func(_ model, _ data, into []float64, _, _ *float64) { into[3] *= 1 + 1e-5 })),
		breaks("gradient_is_the_slope", "adds the penalty to the gradient only", gradient(func(m model, _ data, into []float64, _, _ *float64) {
			for i, v := range m.Parameters() {
				into[i] += 0.01 * v
			}
		})),
		breaksWith("gradient_is_the_slope", "bends wherever one looks", learner.Traits{}, func(learner.Env) hooks {
			var corner []float64 // the last point that was more than one coordinate away
			h := gradient(func(m model, _ data, _ []float64, loss, _ *float64) {
				for i, v := range m.Parameters() {
					*loss += 100 * max(0, v-corner[i])
				}
			})
			h.setParameters = func(m model, p []float64) error {
				moved := 0
				for i := range corner {
					if p[i] != corner[i] {
						moved++
					}
				}
				if corner == nil || moved > 1 {
					corner = slices.Clone(p)
				}
				return m.SetParameters(p)
			}
			return h
		}),
		breaks("gradient_adds_over_rows", "means instead of sums", gradient(func(_ model, d data, into []float64, loss, _ *float64) {
			for i := range into {
				into[i] /= float64(d.Len())
			}
			*loss /= float64(d.Len())
		})),
		breaksWith("gradient_adds_over_rows", "promises what it does not keep", learner.Traits{NonNegativeLoss: true}, func(learner.Env) hooks {
			return gradient(func(_ model, d data, _ []float64, loss, _ *float64) {
				for i := range d.Len() {
					*loss -= 100 * d.Weight(i)
				}
			})
		}),
		breaks("gradient_weights", "counts rows", gradient(func(_ model, d data, _ []float64, _, weight *float64) { *weight = float64(d.Len()) })),
		breaksWith("gradient_pure", "adds to what is there", learner.Traits{}, func(learner.Env) hooks {
			n := 0.0
			return gradient(func(_ model, _ data, into []float64, _, _ *float64) { n++; into[0] += n })
		}),
		breaks("gradient_pure", "changes the parameters", gradient(func(m model, _ data, _ []float64, _, _ *float64) { m.layers[0].w[0]++ })),
		breaks("gradient_refused", "writes as much as fits", hooks{gradient: func(m model, c ctx, d data, into []float64) (float64, float64, error) {
			g := make([]float64, len(m.Parameters()))
			loss, weight, err := m.Gradient(c, learner.Step{}, d, g)
			copy(into, g)
			return loss, weight, err
		}}),
		breaks("gradient_refused", "does not look at its context", hooks{gradient: func(m model, _ ctx, d data, into []float64) (float64, float64, error) {
			return m.Gradient(background, learner.Step{}, d, into)
		}}),
	}
}

// brokenStage is a stage with some methods replaced.
type brokenStage struct {
	*stage
	forward  func(s *stage, micro int, x *mat.Dense) (*mat.Dense, error)
	backward func(s *stage, micro int, dOut *mat.Dense, into []float64) (*mat.Dense, error)
}

func (b *brokenStage) Forward(c context.Context, at learner.Step, micro int, rows []uint64, x *mat.Dense) (*mat.Dense, error) {
	if b.forward != nil {
		return b.forward(b.stage, micro, x)
	}
	return b.stage.Forward(c, at, micro, rows, x)
}

func (b *brokenStage) Backward(c context.Context, micro int, dOut *mat.Dense, into []float64) (*mat.Dense, error) {
	if b.backward != nil {
		return b.backward(b.stage, micro, dOut, into)
	}
	return b.stage.Backward(c, micro, dOut, into)
}

func layerActs() []act {
	staged := func(b brokenStage) hooks {
		return hooks{build: func(m model, s learner.Schema, from, to int) (learner.Stage, error) {
			built, err := m.Build(s, from, to)
			if err != nil {
				return nil, err
			}
			b := b
			b.stage = built.(*stage)
			return &b, nil
		}}
	}
	return []act{
		breaks("layers_described", "miscounts", hooks{layers: func(m model, s learner.Schema) ([]learner.LayerSpec, error) {
			layers, err := m.Layers(s)
			layers[1].Parameters--
			return layers, err
		}}),
		breaks("layers_begin_alike", "numbers layers from the cut", hooks{build: func(m model, s learner.Schema, from, to int) (learner.Stage, error) {
			built, err := m.Build(s, from, to)
			if err == nil && from > 0 {
				st := built.(*stage)
				_ = st.SetParameters(nearby(st.Parameters(), 1, 99))
			}
			return built, err
		}}),
		breaks("layers_any_cut", "scales by the number of layers",
			staged(brokenStage{backward: func(s *stage, micro int, dOut *mat.Dense, into []float64) (*mat.Dense, error) {
				dx, err := s.Backward(background, micro, dOut, into)
				if err == nil && len(s.layers) == 1 {
					dx.Scale(1+1e-15, dx)
				}
				return dx, err
			}})),
		breaks("layers_gradient", "writes instead of adding",
			staged(brokenStage{backward: func(s *stage, micro int, dOut *mat.Dense, into []float64) (*mat.Dense, error) {
				if len(into) == len(s.Parameters()) {
					fill(into, 0)
				}
				return s.Backward(background, micro, dOut, into)
			}})),
		breaks("layers_gradient", "off by a little", staged(brokenStage{backward: func(s *stage, micro int, dOut *mat.Dense, into []float64) (*mat.Dense, error) {
			dx, err := s.Backward(background, micro, dOut, into)
			if err == nil {
				dx.Scale(1+1e-5, dx)
			}
			return dx, err
		}})),
		breaks("layers_in_flight", "keeps the last micro-batch only", staged(brokenStage{
			forward: func(s *stage, micro int, x *mat.Dense) (*mat.Dense, error) {
				clear(s.flying)
				return s.Forward(background, at, micro, nil, x)
			},
		})),
		breaks("layers_compute_the_model", "predicts from something else", hooks{
			predict: func(m model, x *mat.Dense) ([]float64, error) {
				y, err := m.Predict(background, x)
				for i := range y {
					y[i] = float64(int(y[i]+1) % len(m.schema.Classes))
				}
				return y, err
			},
		}),
		breaks("layers_refused", "takes any cut", hooks{build: func(m model, s learner.Schema, from, to int) (learner.Stage, error) {
			from, to = max(from, 0), min(to, 2)
			if from >= to {
				from, to = 0, 2
			}
			return m.Build(s, from, to)
		}}),
	}
}

func objectiveActs() []act {
	return []act{
		breaks("objective_is_the_loss", "forgets the weights", hooks{loss: func(m model, out *mat.Dense, y, _ []float64, dOut *mat.Dense) (float64, float64, error) {
			return m.OutputLoss(out, y, nil, dOut)
		}}),
		breaks("objective_is_the_loss", "needs to be prepared",
			hooks{loss: func(m model, out *mat.Dense, y, weights []float64, dOut *mat.Dense) (float64, float64, error) {
				if m.layers == nil {
					return 0, 0, learner.ErrNotFitted
				}
				return m.OutputLoss(out, y, weights, dOut)
			}}),
		breaks("objective_answers", "answers scores for probabilities", hooks{answers: func(m model, out *mat.Dense) ([]float64, *mat.Dense, error) {
			return m.decide(out), out, nil
		}}),
		breaks("objective_answers", "has no probabilities", hooks{answers: func(m model, out *mat.Dense) ([]float64, *mat.Dense, error) {
			return m.decide(out), nil, nil
		}}),
	}
}
