package explanation

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/learner"
)

// printed compares a table with what it should be; blanks at the ends of lines do not matter.
func printed(t *testing.T, want string, write func(io.Writer) error) {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(got.String()) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	if text := strings.Join(lines, "\n") + "\n"; text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

// drawn checks that a picture is drawn, with these texts in it.
func drawn(t *testing.T, draw func(out io.Writer, format string) error, texts ...string) {
	t.Helper()
	var picture bytes.Buffer
	if err := draw(&picture, "svg"); err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if !strings.Contains(picture.String(), text) {
			t.Errorf("the picture has no %q", text)
		}
	}
	d := xml.NewDecoder(&picture)
	var err error
	for err == nil {
		_, err = d.Token()
	}
	if !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if err := draw(io.Discard, "gif"); err == nil {
		t.Error("a GIF was drawn")
	}
}

func TestImportances(t *testing.T) {
	a := &client.Importances{
		FitID: "f",
		Features: []api.FeatureImportance{
			{Feature: "size", Column: "size", Importance: 0.25}, {Feature: "job=a", Column: "job", Importance: 0.5}, {Feature: "job=b", Column: "job", Importance: 0.25},
		},
		Columns:  []api.ColumnImportance{{Column: "size", Importance: 0.25}, {Column: "job", Importance: 0.75}},
		Workers:  []api.WorkerImportances{{Worker: "w1", Importances: api.Floats{0, 1, 0}}, {Worker: "w2", Importances: api.Floats{0.5, 0, 0.5}}},
		Failures: []api.WorkerFailure{{Worker: "w3", Reason: "down"}},
	}
	printed(t, `feature importances of fit f

COLUMN  IMPORTANCE
job     0.7500
size    0.2500

FEATURE  IMPORTANCE  w1      w2
job=a    0.5000      1.0000  0.0000
size     0.2500      0.0000  0.5000
job=b    0.2500      0.0000  0.5000

without worker w3: down
`, func(out io.Writer) error { return WriteImportances(out, a) })
	drawn(t, func(out io.Writer, format string) error { return PlotImportances(out, format, a) }, "job", "size", "importance")
}

func TestCoefficients(t *testing.T) {
	a := &client.LinearCoefficients{
		FitID: "f", Task: learner.Regression,
		Features: []api.FeatureOrigin{{Feature: "a", Column: "a"}, {Feature: "b", Column: "b"}},
		Model: &api.LinearModel{
			Coef: []api.Floats{{2, -3}}, Intercept: api.Floats{0.5}, OriginalCoef: []api.Floats{{20, -3}}, OriginalIntercept: api.Floats{1.5},
		},
		Workers: []api.WorkerCoefficients{{Worker: "w1"}, {Worker: "w2"}},
	}
	printed(t, `coefficients of fit f, the mean of 2 workers

FEATURE      coefficient  coefficient (unscaled)
(intercept)  0.5          1.5
a            2            20
b            -3           -3
`, func(out io.Writer) error { return WriteCoefficients(out, a) })
	drawn(t, func(out io.Writer, format string) error { return PlotCoefficients(out, format, a) }, "coefficient")
	a.Model, a.Outputs = nil, []learner.Label{"x", "y"}
	two := api.LinearModel{Coef: []api.Floats{{1, 2}, {3, 4}}, Intercept: api.Floats{5, 6}}
	a.Workers = []api.WorkerCoefficients{{Worker: "w1", LinearModel: two}}
	printed(t, `coefficients of worker w1

FEATURE      x  y
(intercept)  5  6
a            1  3
b            2  4
`, func(out io.Writer) error { return WriteCoefficients(out, a) })
	if err := PlotCoefficients(io.Discard, "svg", a); err == nil {
		t.Error("a model that is not there was drawn")
	}
	a.Model = &two
	drawn(t, func(out io.Writer, format string) error { return PlotCoefficients(out, format, a) }, "of 2 classes")
}

func TestOutOfBag(t *testing.T) {
	a := &client.OutOfBagScores{FitID: "f", Workers: []api.WorkerOutOfBag{
		{Worker: "w1", OutOfBag: &api.OutOfBag{Metric: "accuracy", Score: 0.9375, Rows: 32}}, {Worker: "w2"},
	}}
	printed(t, `out-of-bag scores of fit f

WORKER  METRIC    SCORE   ROWS
w1      accuracy  0.9375  32
w2      -         -       -
`, func(out io.Writer) error { return WriteOutOfBag(out, a) })
}

func TestPermutation(t *testing.T) {
	a := &client.PermutationImportances{
		FitID: "f", Rows: 30, Metric: "accuracy", Baseline: 0.9, Repeats: 5,
		Columns: []api.PermutationImportance{{Column: "a", Mean: -0.01, Std: 0.02}, {Column: "b", Mean: 0.4, Std: 0.05}},
	}
	printed(t, `accuracy of fit f on 30 rows: 0.9000
by how much it is worse with a column permuted 5 times

COLUMN  MEAN     SD
b       0.4000   0.0500
a       -0.0100  0.0200
`, func(out io.Writer) error { return WritePermutation(out, a) })
	for i := range 60 {
		a.Columns = append(a.Columns, api.PermutationImportance{Column: fmt.Sprint("column ", i)})
	}
	drawn(t, func(out io.Writer, format string) error { return PlotPermutation(out, format, a) }, "without 22 more")
	if err := PlotPermutation(io.Discard, "svg", &client.PermutationImportances{}); err == nil {
		t.Error("nothing was drawn")
	}
}

func TestDependence(t *testing.T) {
	a := &client.PartialDependence{FitID: "f", Rows: 30, Column: "size", Values: api.Floats{1, 2.5}, Average: []api.Floats{{10, 20}}}
	printed(t, `mean answer of fit f over 30 rows, by size

SIZE  prediction
1     10
2.5   20
`, func(out io.Writer) error { return WriteDependence(out, a) })
	drawn(t, func(out io.Writer, format string) error { return PlotDependence(out, format, a) }, "size", "mean prediction")
	a = &client.PartialDependence{
		FitID: "f", Rows: 30, Column: "job", Categories: []learner.Label{"nurse", "teacher"}, Classes: []learner.Label{"no", "yes"},
		Average: []api.Floats{{0.25, 0.5}, {0.75, 0.5}}, Failures: []api.WorkerFailure{{Worker: "w2", Reason: "down"}},
	}
	printed(t, `mean answer of fit f over 30 rows, by job

JOB      no    yes
nurse    0.25  0.75
teacher  0.5   0.5

without worker w2: down
`, func(out io.Writer) error { return WriteDependence(out, a) })
	drawn(t, func(out io.Writer, format string) error { return PlotDependence(out, format, a) }, "nurse", "mean probability")
	a = &client.PartialDependence{Column: "digit", Values: api.Floats{1}}
	for k := range 14 {
		a.Classes, a.Average = append(a.Classes, learner.NumberLabel(float64(k))), append(a.Average, api.Floats{0.1})
	}
	drawn(t, func(out io.Writer, format string) error { return PlotDependence(out, format, a) }, "without 4 more classes")
}

func TestStructure(t *testing.T) {
	printed(t, `clusters of fit f

FEATURE   0    1
(weight)  7    3.5
age       1.5  -2
height    0    0.25
`, func(out io.Writer) error {
		return WriteStructure(out, &client.Structure{FitID: "f", Task: learner.Clustering, Features: []string{"age", "height"}, Clusters: []api.ClusterInfo{
			{Name: "0", Weight: 7, Center: api.Floats{1.5, 0}}, {Name: "1", Weight: 3.5, Center: api.Floats{-2, 0.25}},
		}})
	})
	printed(t, `components of fit f, of 3 features

COMPONENT  EXPLAINED VARIANCE  TOGETHER
1          0.7500              0.7500
2          0.1250              0.8750
`, func(out io.Writer) error {
		return WriteStructure(out, &client.Structure{FitID: "f", Task: learner.Decomposition, Features: []string{"a", "b", "c"}, Components: api.Floats{0.75, 0.125}})
	})
}
