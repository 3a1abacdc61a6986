package boosting

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/repeat"
	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// truth is what scikit-learn 1.2.1 has on a data set, by testdata/truth.py: the score on the test rows, and the loss on
// the training rows before and after each of 100 iterations.
type truth struct {
	Score  float64         `json:"score"`
	Params json.RawMessage `json:"params"`
	Loss   []float64       `json:"loss"`
}

// TestAsScikitLearn: the training goes the same way as that of HistGradientBoosting with equal settings, and the score
// on new rows is as good but for one row. In four of the sets, several splits of small nodes have the same gain; rounding
// decides there which one scikit-learn takes, and here the first one is taken. So the loss may be off by 1 % of the one
// before the first tree there, and elsewhere by 1 % after 100 iterations and by 5 % on the way.
func TestAsScikitLearn(t *testing.T) {
	text, err := os.ReadFile("testdata/truth.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]truth
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for name, want := range all {
		t.Run(name, func(t *testing.T) {
			set, _, _ := strings.Cut(name, ",")
			if repeat.UnderRace() && set != "wine" && set != "diabetes" {
				t.Skip("the race detector sees as much in the smaller sets")
			}
			d, test := load(t, set)
			kind := "boosting-classifier"
			if d.Task() == learner.Regression {
				kind = "boosting-regressor"
			}
			e, err := registry.New(kind, want.Params, learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			m := e.(learner.Summable)
			part, err := m.Part(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			loss := make([]float64, len(want.Loss))
			if err := learner.TrainOnParts(t.Context(), m, d.Schema, []learner.Part{part}, func(a learner.Advance) {
				if !math.IsNaN(a.Loss) {
					loss[a.Iteration] = a.Loss
				}
			}); err != nil {
				t.Fatal(err)
			}
			got := score(t, m, test)
			t.Logf("score %.4f, scikit-learn %.4f; loss %.5g, scikit-learn %.5g", got, want.Score, loss[100], want.Loss[100])
			if got < want.Score-1.01/float64(test.Len()) {
				t.Errorf("score %.4f, want about %.4f", got, want.Score)
			}
			ties := set == "wine" || set == "breast_cancer" || set == "digits" || name == "diabetes, absolute_error"
			for i, l := range loss {
				of := want.Loss[i]
				if ties {
					of = want.Loss[0]
				}
				within := 0.05
				if ties || i == len(loss)-1 {
					within = 0.01
				}
				if math.Abs(l-want.Loss[i]) > within*of {
					t.Errorf("after %d iterations the loss is %.6g, want %.6g", i, l, want.Loss[i])
					break
				}
			}
		})
	}
}

// load is a set of testdata, or rows that fill a cube evenly (Weyl 1916) with the target of Friedman 1991 and a noise.
func load(t *testing.T, set string) (train, test learner.Dataset) {
	t.Helper()
	if !strings.HasPrefix(set, "friedman") {
		return testdata.Load(t, set)
	}
	const rows = 6000
	d := learner.Dataset{X: mat.NewDense(rows, 5, nil), Y: make([]float64, rows)}
	d.Features = make([]string, 5)
	for i := range rows {
		var x [6]float64
		for j, prime := range []float64{2, 3, 5, 7, 11, 13} {
			x[j] = float64(i+1) * math.Sqrt(prime)
			x[j] -= math.Floor(x[j])
		}
		copy(d.X.RawRowView(i), x[:5])
		d.Y[i] = 10*math.Sin(math.Pi*x[0]*x[1]) + 20*(x[2]-0.5)*(x[2]-0.5) + 10*x[3] + 5*x[4] + 4*x[5]
		if set == "friedman steps" {
			for j, v := range d.X.RawRowView(i) {
				d.X.Set(i, j, math.Floor(200*v)/200)
			}
		}
		if strings.Contains(set, "categories") {
			for j, v := range d.X.RawRowView(i) {
				if v = math.Floor(200*v) / 200; j%3 == 0 {
					v = math.Mod(math.Floor(40*x[j])*27, 40)
				}
				d.X.Set(i, j, v)
			}
			if i%7 == 0 {
				d.X.Set(i, 3, math.NaN())
			}
		}
		if strings.HasSuffix(set, "above 16") {
			d.Classes = []learner.Label{"0", "1"}
			if y := d.Y[i]; y > 16 {
				d.Y[i] = 1
			} else {
				d.Y[i] = 0
			}
		}
	}
	return d.Select(upTo(4000)), d.Select(upTo(rows)[4000:])
}

// score is the accuracy, or R2.
func score(t *testing.T, m learner.Estimator, test learner.Dataset) float64 {
	t.Helper()
	y, err := m.Predict(t.Context(), test.X)
	if err != nil {
		t.Fatal(err)
	}
	right, mean, rest, all := 0.0, 0.0, 0.0, 0.0
	for _, v := range test.Y {
		mean += v / float64(len(test.Y))
	}
	for i, v := range test.Y {
		if y[i] == v {
			right++
		}
		rest += (y[i] - v) * (y[i] - v)
		all += (mean - v) * (mean - v)
	}
	if test.Task() == learner.Regression {
		return 1 - rest/all
	}
	return right / float64(len(y))
}
