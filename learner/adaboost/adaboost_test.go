package adaboost_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/learnertest"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func TestConformance(t *testing.T) {
	for _, params := range []string{`{}`, `{"n_estimators": 10, "max_depth": 3}`, `{"n_estimators": 5, "learning_rate": 0.5, "max_depth": 0}`} {
		t.Run(params, func(t *testing.T) { learnertest.Run(t, "adaboost-classifier", learnertest.WithParams(params)) })
	}
}

func fitted(t *testing.T, params string, d learner.Dataset) learner.Estimator {
	t.Helper()
	m, err := registry.New("adaboost-classifier", json.RawMessage(params), learner.Env{Seed: 1, Procs: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return m
}

// scikit-learn 1.2.1, AdaBoostClassifier(DecisionTreeClassifier(max_depth), algorithm="SAMME"), mean and standard deviation of 20 seeds.
// Trees of equally good splits may choose others, so near is a few of the test's rows where scikit-learn's trees do not vary.
func TestScores(t *testing.T) {
	for _, tt := range []struct {
		set, params    string
		mean, sd, near float64
	}{
		{"iris", `{}`, 0.9474, 0.0, 0.053},
		{"iris", `{"max_depth": 3}`, 0.9737, 0.0, 0.053},
		{"iris", `{"max_depth": 2, "n_estimators": 100, "learning_rate": 0.5}`, 0.9737, 0.0, 0.053},
		{"wine", `{}`, 0.9111, 0.0, 0.045},
		{"wine", `{"max_depth": 3}`, 0.9556, 0.0, 0.045},
		{"wine", `{"max_depth": 2, "n_estimators": 100, "learning_rate": 0.5}`, 0.9333, 0.0, 0.045},
		{"breast_cancer", `{}`, 0.9441, 0.0, 0.014},
		{"breast_cancer", `{"max_depth": 3}`, 0.9748, 0.0048, 0.014},
		{"breast_cancer", `{"max_depth": 2, "n_estimators": 100, "learning_rate": 0.5}`, 0.9773, 0.0093, 0.014},
		{"digits", `{}`, 0.7156, 0.0, 0.004},
		{"digits", `{"max_depth": 3}`, 0.9111, 0.0, 0.004},
		{"digits", `{"max_depth": 2, "n_estimators": 100, "learning_rate": 0.5}`, 0.9044, 0.0, 0.004},
	} {
		t.Run(tt.set+tt.params, func(t *testing.T) {
			train, test := testdata.Load(t, tt.set)
			y, err := fitted(t, tt.params, train).Predict(t.Context(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			right := 0.0
			for i, v := range y {
				if v == test.Y[i] {
					right += 1 / float64(len(y))
				}
			}
			t.Logf("accuracy %.4f, scikit-learn %.4f", right, tt.mean)
			if right < tt.mean-max(3*tt.sd, tt.near) || right > tt.mean+max(3*tt.sd, tt.near)+0.02 {
				t.Errorf("accuracy %.4f, scikit-learn %.4f with a standard deviation of %.4f", right, tt.mean, tt.sd)
			}
		})
	}
}

// stump is a tree of the definition: of stumps over one feature, each the best of all by Gini's impurity, in the order in which
// thresholds ascend.
type stump struct {
	threshold   float64
	left, right int
	part        float64
}

// samme is algorithm 2 of Zhu et al. 2009, as slow and obvious as it is written there.
func samme(x, y []float64, classes, rounds int) (model []stump) {
	w := make([]float64, len(x))
	for i := range w {
		w[i] = 1 / float64(len(x))
	}
	for range rounds {
		best, least := stump{}, math.Inf(1)
		for i := range x[1:] { // x ascends
			left, right := make([]float64, classes), make([]float64, classes)
			for j := range x {
				if j <= i {
					left[int(y[j])] += w[j]
				} else {
					right[int(y[j])] += w[j]
				}
			}
			impurity, sides := 0.0, [2]int{}
			for side, weights := range [][]float64{left, right} {
				sum, squares := 0.0, 0.0
				for k, v := range weights {
					sum += v
					squares += v * v
					if v > weights[sides[side]] {
						sides[side] = k
					}
				}
				impurity += sum - squares/sum
			}
			if impurity < least-1e-12 {
				best, least = stump{threshold: (x[i] + x[i+1]) / 2, left: sides[0], right: sides[1]}, impurity
			}
		}
		mistakes := 0.0
		for i := range x {
			if best.of(x[i]) != int(y[i]) {
				mistakes += w[i]
			}
		}
		best.part = math.Log((1-mistakes)/mistakes) + math.Log(float64(classes-1))
		model = append(model, best)
		sum := 0.0
		for i := range x {
			if best.of(x[i]) != int(y[i]) {
				w[i] *= math.Exp(best.part)
			}
			sum += w[i]
		}
		for i := range w {
			w[i] /= sum
		}
	}
	return model
}

func (s stump) of(x float64) int {
	if x <= s.threshold {
		return s.left
	}
	return s.right
}

func TestAsDefined(t *testing.T) {
	for _, classes := range []int{2, 3, 4} {
		t.Run(fmt.Sprint(classes, " classes"), func(t *testing.T) {
			const rows, rounds = 40, 25
			random := learner.NewRand(uint64(classes))
			d := learner.Dataset{X: mat.NewDense(rows, 1, nil), Y: make([]float64, rows)}
			for k := range classes {
				d.Classes = append(d.Classes, learner.Label(rune('a'+k)))
			}
			d.Features = []string{"x"}
			x, last := make([]float64, rows), 0.0
			for i := range x {
				last += 0.5 + random.Float64()
				x[i] = float64(float32(last))
				d.X.Set(i, 0, x[i])
				d.Y[i] = float64(i * classes / rows)
				if random.Float64() < 0.35 {
					d.Y[i] = float64(random.IntN(classes))
				}
			}
			want := samme(x, d.Y, classes, rounds)
			m := fitted(t, fmt.Sprintf(`{"n_estimators": %d}`, rounds), d)
			forest := m.(learner.Forester).Forest()
			if len(forest.Trees) != rounds {
				t.Fatalf("%d trees, want %d", len(forest.Trees), rounds)
			}
			for i, s := range want {
				root := forest.Trees[i].Nodes[0]
				if math.Abs(root.Threshold-s.threshold) > 1e-5 {
					t.Fatalf("tree %d splits at %v, want %v", i, root.Threshold, s.threshold)
				}
				for _, at := range []float64{s.threshold - 0.1, s.threshold + 0.1} {
					got := forest.Trees[i].Find([]float64{at}, forest.Outputs)
					part := got[0] * float64(2*s.of(at)-1)
					if classes > 2 {
						part = got[s.of(at)]
					}
					if math.Abs(part-s.part) > 1e-9 {
						t.Errorf("tree %d has the part %v in the vote, want %v", i, part, s.part)
					}
				}
			}
		})
	}
}

// The plain forest answers as the learner does, also for a class that has no rows.
func TestForestAnswersAlike(t *testing.T) {
	train, test := testdata.Load(t, "wine")
	for _, classes := range [][]learner.Label{train.Classes, append([]learner.Label(nil), append(train.Classes[:len(train.Classes):len(train.Classes)], "z")...)} {
		d := train
		d.Classes = classes
		m := fitted(t, `{"n_estimators": 20}`, d)
		p, err := m.(learner.Classifier).PredictProba(t.Context(), test.X)
		if err != nil {
			t.Fatal(err)
		}
		forest := m.(learner.Forester).Forest()
		rows, _ := test.X.Dims()
		scores, want := make([]float64, forest.Outputs), make([]float64, len(classes))
		for i := range rows {
			forest.Scores(test.X.RawRowView(i), scores)
			if err := forest.Link.Probabilities(scores, want); err != nil {
				t.Fatal(err)
			}
			for k, v := range want {
				if math.Abs(p.At(i, k)-v) > 1e-12 || k == 3 && v != 0 {
					t.Fatalf("row %d: %v, the forest says %v", i, p.RawRowView(i), want)
				}
			}
		}
	}
}

// Rows that cannot be told apart leave what is most frequent.
func TestNothingToLearn(t *testing.T) {
	d := learner.Dataset{
		Schema: learner.Schema{Features: []string{"x"}, Classes: []learner.Label{"a", "b"}}, X: mat.NewDense(4, 1, nil), Y: []float64{0, 1, 1, 0},
	}
	for want, weights := range map[float64][]float64{0: nil, 1: {1, 3, 1, 1}} {
		d.Weights = weights
		y, err := fitted(t, `{}`, d).Predict(t.Context(), d.X)
		if err != nil || y[0] != want {
			t.Errorf("weights %v: %v %v, want %v", weights, y, err, want)
		}
	}
}

func TestSnapshotThatMakesNoSense(t *testing.T) {
	train, _ := testdata.Load(t, "iris")
	good, err := fitted(t, `{"n_estimators": 2}`, train).(learner.Snapshotter).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	write := func(classes int, seen bool, parts ...float64) []byte {
		w := snapshot.NewWriter("adaboost.classifier", 1)
		w.Int(classes)
		for range classes {
			w.Bool(seen)
		}
		w.Floats(parts)
		return w.Seal()
	}
	for name, data := range map[string][]byte{
		"no classes": write(0, true, 1), "none with rows": write(2, false, 1), "no trees": write(2, true), "a part of 0": write(2, true, 0),
		"an infinite part": write(2, true, math.Inf(1)), "parts without a sum": write(2, true, 1e308, 1e308), "missing trees": write(2, true, 1),
		"cut off": good[:len(good)-9],
	} {
		m, err := registry.New("adaboost-classifier", nil, learner.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if m.(learner.Snapshotter).UnmarshalBinary(data) == nil {
			t.Errorf("%s: it was read", name)
		}
	}
}
