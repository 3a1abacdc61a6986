package catalogue_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

const stale = "catalogue.json is not up to date, run: go generate ./internal/catalogue"

// What this test links must be in the table as it registers itself; what is in
// the table and not linked must be what needs cgo.
func TestTableIsUpToDate(t *testing.T) {
	linked := map[string]bool{}
	for _, info := range registry.List() {
		linked[info.Name] = true
		got, err := catalogue.Shipped().Lookup(info.Name)
		if err != nil {
			t.Errorf("%v: %s", err, stale)
			continue
		}
		if diff := cmp.Diff(decoded(t, info), decoded(t, got)); diff != "" {
			t.Errorf("%s: %s (-registered +table)\n%s", info.Name, stale, diff)
		}
	}
	for _, info := range catalogue.Shipped().List() {
		if !linked[info.Name] && !info.Cgo {
			t.Errorf("%s is in the table, and no package registers it: %s", info.Name, stale)
		}
	}
}

// Every package that could register a learner is among those the table was made of.
func TestNoLearnerPackageIsForgotten(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{join .Imports " "}} {{.ImportPath}}`, "../../learner/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if last := len(fields) - 1; slices.Contains(fields[:last], "github.com/gochimera/chimera/registry") {
			want = append(want, fields[last])
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), "learners_test.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, path)
	}
	for _, p := range want {
		if !slices.Contains(got, p) {
			t.Errorf("%s: %s", p, stale)
		}
	}
}

func decoded(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// For every parameter of every linked learner, a table of them says of a
// number of values, word for word, what the registry says.
func TestCheckAgreesWithTheRegistry(t *testing.T) {
	table := throughJSON(t, registry.Default)
	agree := func(name, params string) {
		t.Helper()
		if diff := cmp.Diff(reasons(registry.Default.Check(name, json.RawMessage(params))), reasons(table.Check(name, json.RawMessage(params)))); diff != "" {
			t.Errorf("%s %s (-registry +table)\n%s", name, params, diff)
		}
	}
	values := []string{
		"null", "true", "false", "-1", "0", "1", "2", "0.5", "1.5", "-0.5", "1e300", "1e999", "1000000", "9223372036854775808", "5.0",
		`""`, `"x"`, `"auto"`, `"sqrt"`, `"gini"`, "[]", "[0]", "[1]", "[1,2]", `["a"]`, `[1.5]`, "{}", `[null]`, " 3 ",
	}
	compared := 0
	for _, info := range registry.List() {
		for _, p := range info.Params {
			options, _ := p.Schema["enum"].([]string)
			for _, o := range options {
				values = append(values, strconv.Quote(o))
			}
			for _, value := range values {
				agree(info.Name, fmt.Sprintf(`{%q: %s}`, p.Name, value))
				compared++
			}
		}
		agree(info.Name, `{"no_such": 1, "another": 2}`)
		agree(info.Name, ``)
		agree(info.Name, `{}`)
	}
	if compared == 0 {
		t.Error("nothing was compared")
	}
}

// throughJSON is the table of a registry's learners, as it comes out of catalogue.json.
func throughJSON(t *testing.T, r *registry.Registry) catalogue.Table {
	t.Helper()
	text, err := json.Marshal(r.List())
	if err != nil {
		t.Fatal(err)
	}
	table, err := catalogue.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func reasons(err error) []string {
	var bad *registry.ParamsError
	if err != nil && !errors.As(err, &bad) {
		return []string{err.Error()}
	}
	if err == nil {
		return nil
	}
	var all []string
	for _, v := range bad.Violations {
		all = append(all, fmt.Sprintf("%s: %s, open: %t", v.Param, v.Reason, v.Open))
	}
	slices.Sort(all)
	return all
}

type model struct{}

func (model) Fit(context.Context, learner.Dataset) error { return nil }

func (model) Predict(context.Context, *mat.Dense) ([]float64, error) { return nil, nil }

// countOrWord takes more than one kind of value, as some parameters do.
type countOrWord struct {
	count int
	word  string
}

func (c *countOrWord) UnmarshalJSON(text []byte) error {
	if string(text) == `"sqrt"` || string(text) == `"log2"` {
		c.word = string(text)
		return nil
	}
	if err := json.Unmarshal(text, &c.count); err != nil {
		return err
	}
	if c.count < 1 {
		return errors.New("want at least 1")
	}
	return nil
}

func (c countOrWord) MarshalJSON() ([]byte, error) {
	if c.word != "" {
		return []byte(c.word), nil
	}
	return json.Marshal(c.count)
}

func (countOrWord) ParamSchema() (string, map[string]any) {
	return "integer, sqrt or log2", map[string]any{"anyOf": []any{
		map[string]any{"type": "integer", "minimum": 1}, map[string]any{"enum": []string{"sqrt", "log2"}},
	}}
}

type params struct {
	Byte   uint8       `json:"byte" validate:"ne=7" doc:"byte"`
	Small  int16       `json:"small" default:"-1" validate:"required" doc:"small"`
	Large  uint64      `json:"large" doc:"large"`
	Some   int         `json:"some" validate:"omitempty,oneof=3 5" doc:"some"`
	Name   string      `json:"name" validate:"max=3" doc:"name"`
	Depth  int         `json:"depth" default:"3" validate:"gte=0,lte=9" doc:"depth"`
	Rate   float64     `json:"rate" default:"0.1" validate:"gt=0,lt=1" doc:"rate"`
	Kind   string      `json:"kind" default:"a" validate:"oneof=a b" doc:"kind"`
	Warm   bool        `json:"warm" doc:"warm"`
	Sizes  []int       `json:"sizes" default:"[8]" validate:"min=1,max=2,dive,gte=1" doc:"sizes"`
	Grid   [][]float64 `json:"grid" doc:"grid"`
	Words  []string    `json:"words" doc:"words"`
	Either countOrWord `json:"either" default:"\"sqrt\"" doc:"a count or a word"`
}

// The same for a learner with every kind of parameter, described by what its
// registration says, once as it is and once through JSON.
func TestCheckAgreesOnEveryKindOfParameter(t *testing.T) {
	r := &registry.Registry{}
	registry.RegisterIn(r, "every-kind", registry.Entry[params, model]{
		Task: learner.Regression, Summary: "Every kind.", New: func(params, learner.Env) (model, error) { return model{}, nil },
	})
	for _, in := range []string{
		``, `{}`, ` `, `null`, `[]`, `{`, `{"depht": 1}`, `{"zzz": 1, "aaa": 2}`,
		`{"depth": -1}`, `{"depth": 0}`, `{"depth": 9}`, `{"depth": 10}`, `{"depth": 1.0}`, `{"depth": "1"}`, `{"depth": null}`, `{"depth": 1e2}`,
		`{"rate": 0}`, `{"rate": 1}`, `{"rate": 0.5}`, `{"rate": "x"}`, `{"rate": [1]}`, `{"rate": 1e999}`,
		`{"kind": "b"}`, `{"kind": "c"}`, `{"kind": 1}`, `{"kind": ""}`, `{"warm": true}`, `{"warm": 1}`, `{"warm": "true"}`,
		`{"sizes": []}`, `{"sizes": [1]}`, `{"sizes": [1,2,3]}`, `{"sizes": [0]}`, `{"sizes": [1,0]}`, `{"sizes": [-1,0]}`, `{"sizes": ["a"]}`,
		`{"sizes": 3}`, `{"sizes": [1.5]}`,
		`{"byte": 255}`, `{"byte": 256}`, `{"byte": -1}`, `{"byte": 7}`, `{"small": 40000}`, `{"small": 0}`, `{"small": 5}`, `{"large": -1}`,
		`{"large": 18446744073709551615}`, `{"large": 18446744073709551616}`, `{"some": 0}`, `{"some": 5}`, `{"some": 4}`, `{"name": "abc"}`, `{"name": "äöüx"}`,
		`{"sizes": [null]}`, `{"grid": [[1,2],[3]]}`, `{"grid": [1]}`, `{"grid": [["x"]]}`, `{"words": ["a", "b"]}`, `{"words": [1]}`,
		`{"either": "sqrt"}`, `{"either": "log2"}`, `{"either": "log3"}`, `{"either": 3}`, `{"either": 0}`, `{"either": 1.5}`, `{"either": true}`,
		`{"depth": 99, "rate": 2, "kind": "q", "sizes": [0, 0], "unknown": 1, "warm": 3}`,
	} {
		want := reasons(r.Check("every-kind", json.RawMessage(in)))
		for name, table := range map[string]catalogue.Table{"as it is": catalogue.New(r.List()...), "through JSON": throughJSON(t, r)} {
			if diff := cmp.Diff(want, reasons(table.Check("every-kind", json.RawMessage(in)))); diff != "" {
				t.Errorf("%s, %s (-registry +table)\n%s", in, name, diff)
			}
		}
	}
}

func TestUnknownLearner(t *testing.T) {
	table := catalogue.New(registry.Info{Name: "tree-regressor"}, registry.Info{Name: "tree-classifier"})
	_, err := table.Lookup("tree-clasifier")
	var unknown *registry.UnknownError
	if !errors.As(err, &unknown) || !slices.Equal(unknown.Known, []string{"tree-classifier", "tree-regressor"}) {
		t.Errorf("%v", err)
	}
	if err := table.Check("x", nil); !errors.As(err, &unknown) {
		t.Errorf("%v", err)
	}
	if _, err := table.Lookup("tree-regressor"); err != nil {
		t.Error(err)
	}
}

var _ config.Catalogue = catalogue.Table{}
