package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// plain is an Estimator and nothing more.
type plain struct{ params params }

func (*plain) Fit(context.Context, learner.Dataset) error { return nil }
func (*plain) Predict(context.Context, *mat.Dense) ([]float64, error) {
	return nil, learner.ErrNotFitted
}

// sure is a Classifier too, and can be stored.
type sure struct{ plain }

func (*sure) PredictProba(context.Context, *mat.Dense) (*mat.Dense, error) {
	return nil, learner.ErrNotFitted
}
func (*sure) MarshalBinary() ([]byte, error) { return nil, nil }
func (*sure) UnmarshalBinary([]byte) error   { return nil }

type params struct {
	Depth   int       `json:"max_depth" default:"3" validate:"gte=0" doc:"Levels."`
	Rate    float64   `json:"rate" default:"0.5" validate:"gt=0,lte=1" doc:"A share."`
	Kind    string    `json:"kind" default:"gini" validate:"oneof=gini entropy" doc:"A choice."`
	Warm    bool      `json:"warm" default:"true" doc:"A switch."`
	Layers  []int     `json:"layers" default:"[10, 5]" validate:"min=1,dive,gte=1" doc:"Sizes."`
	Share   fraction  `json:"share" default:"\"all\"" doc:"A count or a word."`
	Nothing []float64 `json:"nothing" doc:"No default."`
}

// fraction takes a number or a word.
type fraction struct{ text string }

func (f *fraction) UnmarshalJSON(b []byte) error {
	f.text = strings.Trim(string(b), `"`)
	if _, err := strconv.ParseFloat(f.text, 64); err != nil && f.text != "all" {
		return errors.New("neither a number nor all")
	}
	return nil
}
func (f fraction) MarshalJSON() ([]byte, error) { return json.Marshal(f.text) }
func (fraction) ParamSchema() (string, map[string]any) {
	return "number or all", map[string]any{"type": []string{"number", "string"}}
}

func entry() registry.Entry[params, *plain] {
	return registry.Entry[params, *plain]{
		Task: learner.Regression, Summary: "A test.",
		New: func(p params, e learner.Env) (*plain, error) {
			if e.Log == nil || e.Procs < 1 {
				return nil, errors.New("the environment is not complete")
			}
			if p.Depth == 99 {
				return nil, &learner.ParamError{Param: "max_depth", Reason: "99 is too many"}
			}
			return &plain{p}, nil
		},
	}
}

func TestDefaultsAndParameters(t *testing.T) {
	r := &registry.Registry{}
	registry.RegisterIn(r, "plain", entry())
	for _, tt := range []struct {
		name, given string
		want        func(p params) bool
	}{
		{"none", "", func(p params) bool {
			return p.Depth == 3 && p.Rate == 0.5 && p.Kind == "gini" && p.Warm && slices.Equal(p.Layers, []int{10, 5}) && p.Share.text == "all" && p.Nothing != nil
		}},
		{"an empty object", " {} ", func(p params) bool { return p.Depth == 3 }},
		{"null is not given", `{"max_depth":null}`, func(p params) bool { return p.Depth == 3 }},
		{"some", `{"max_depth":7,"layers":[1],"warm":false,"share":0.5,"kind":"entropy"}`, func(p params) bool {
			return p.Depth == 7 && slices.Equal(p.Layers, []int{1}) && !p.Warm && p.Share.text == "0.5" && p.Kind == "entropy" && p.Rate == 0.5
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := r.New("plain", json.RawMessage(tt.given), learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if p := m.(*plain).params; !tt.want(p) {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestViolations(t *testing.T) {
	r := &registry.Registry{}
	registry.RegisterIn(r, "plain", entry())
	for _, tt := range []struct {
		name, given string
		want        []registry.Violation
	}{
		{"unknown, with a hint", `{"maxdepth":1}`, []registry.Violation{{Param: "maxdepth", Reason: `unknown parameter; did you mean "max_depth"?`}}},
		{"a wrong type", `{"max_depth":"deep"}`, []registry.Violation{{Param: "max_depth", Reason: `want an integer, got "deep"`}}},
		{"a fraction for a count", `{"max_depth":1.5}`, []registry.Violation{{Param: "max_depth", Reason: `want an integer, got 1.5`}}},
		{"out of range", `{"rate":2}`, []registry.Violation{{Param: "rate", Reason: "want > 0 and <= 1, got 2"}}},
		{"not one of the choices", `{"kind":"ginni"}`, []registry.Violation{{Param: "kind", Reason: "want one of gini, entropy, got ginni"}}},
		{"an item of a list", `{"layers":[3,0]}`, []registry.Violation{{Param: "layers[1]", Reason: "want at least 1 items and each >= 1, got 0"}}},
		{"an empty list", `{"layers":[]}`, []registry.Violation{{Param: "layers", Reason: "want at least 1 items and each >= 1, got []"}}},
		{"a type of its own", `{"share":"some"}`, []registry.Violation{{Param: "share", Reason: `want a number or all, got "some"`}}},
		{"several at once", `{"colour":1,"max_depth":-1,"rate":"x"}`, []registry.Violation{
			{Param: "colour", Reason: "unknown parameter; one of kind, layers, max_depth, nothing, rate, share, warm"},
			{Param: "rate", Reason: `want a number, got "x"`}, {Param: "max_depth", Reason: "want >= 0, got -1"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for what, err := range map[string]error{"Check": r.Check("plain", json.RawMessage(tt.given)),
				"New": second(r.New("plain", json.RawMessage(tt.given), learner.Env{}))} {
				var e *registry.ParamsError
				if !errors.As(err, &e) {
					t.Fatalf("%s: got %v", what, err)
				}
				if !slices.Equal(e.Violations, tt.want) {
					t.Errorf("%s: got %v, want %v", what, e.Violations, tt.want)
				}
			}
		})
	}
	if err := r.Check("plain", json.RawMessage(`[1]`)); err == nil || !strings.Contains(err.Error(), "mapping") {
		t.Errorf("a list for parameters: %v", err)
	}
	var p *learner.ParamError
	if _, err := r.New("plain", json.RawMessage(`{"max_depth":99}`), learner.Env{}); !errors.As(err, &p) {
		t.Errorf("what New refuses: %v", err)
	}
}

func second(_ learner.Estimator, err error) error { return err }

func TestUnknownLearner(t *testing.T) {
	r := &registry.Registry{}
	if _, err := r.Lookup("tree"); err == nil || !strings.Contains(err.Error(), "no learner is linked") {
		t.Errorf("an empty registry: %v", err)
	}
	registry.RegisterIn(r, "tree-classifier", entry())
	registry.RegisterIn(r, "tree-regressor", entry())
	_, err := r.Lookup("tree-clasifier")
	var u *registry.UnknownError
	if !errors.As(err, &u) || err.Error() != `unknown learner "tree-clasifier"; did you mean "tree-classifier"?` {
		t.Errorf("got %v", err)
	}
}

// reports is an Estimator that reports on its model.
type reports struct{ plain }

func (*reports) FeatureImportances() []float64         { return nil }
func (*reports) Coefficients() (*mat.Dense, []float64) { return nil, nil }

func TestReportsAreCapabilities(t *testing.T) {
	r := &registry.Registry{}
	registry.RegisterIn(r, "reports", registry.Entry[params, *reports]{
		Task: learner.Regression, Summary: "Reports.",
		New: func(params, learner.Env) (*reports, error) { panic("made an instance") },
	})
	want := []registry.Capability{registry.Estimator, registry.Importances, registry.Coefficients}
	if got := r.List()[0].Capabilities; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, c := range want {
		if !slices.Contains(registry.Capabilities(), c) {
			t.Errorf("%s is not listed", c)
		}
	}
}

// What a learner can do is known from its type: New is never called.
func TestInfo(t *testing.T) {
	r := &registry.Registry{}
	registry.RegisterIn(r, "sure", registry.Entry[params, *sure]{
		Task: learner.Classification, Summary: "Sure.", Traits: learner.Traits{AllowsMissing: true},
		New: func(params, learner.Env) (*sure, error) { panic("made an instance") },
	})
	registry.RegisterIn(r, "plain", entry())
	list := r.List()
	if len(list) != 2 || list[0].Name != "plain" || list[1].Name != "sure" {
		t.Fatalf("got %+v", list)
	}
	info := list[1]
	want := []registry.Capability{registry.Estimator, registry.Classifier, registry.Snapshotter}
	if !slices.Equal(info.Capabilities, want) || !info.Traits.AllowsMissing || info.Has(registry.Differentiable) {
		t.Errorf("got %+v, want capabilities %v", info, want)
	}
	if info.Package != "github.com/gochimera/chimera/registry_test" {
		t.Errorf("package %q", info.Package)
	}
	depth := info.Params[0]
	if depth.Name != "max_depth" || depth.Type != "integer" || string(depth.Default) != "3" || depth.Limits != ">= 0" || depth.Schema["minimum"] != 0.0 {
		t.Errorf("got %+v", depth)
	}
	schema, err := json.Marshal(info.JSONSchema())
	if err != nil || !strings.Contains(string(schema), `"enum":["gini","entropy"]`) || !strings.Contains(string(schema), `"additionalProperties":false`) {
		t.Errorf("%s %v", schema, err)
	}
}

// A mistake in a registration is a mistake in the program.
func TestRegisterPanics(t *testing.T) {
	type noDoc struct {
		A int `json:"a"`
	}
	type badDefault struct {
		A int `json:"a" default:"x" doc:"."`
	}
	type invalidDefault struct {
		A int `json:"a" default:"0" validate:"gte=1" doc:"."`
	}
	type noName struct {
		A int `doc:"."`
	}
	type oddType struct {
		A map[string]int `json:"a" doc:"."`
	}
	for name, register := range map[string]func(r *registry.Registry){
		"twice":               func(r *registry.Registry) { registry.RegisterIn(r, "a", entry()); registry.RegisterIn(r, "a", entry()) },
		"a name with blanks":  func(r *registry.Registry) { registry.RegisterIn(r, "a b", entry()) },
		"no name":             func(r *registry.Registry) { registry.RegisterIn(r, "", entry()) },
		"no New":              func(r *registry.Registry) { e := entry(); e.New = nil; registry.RegisterIn(r, "a", e) },
		"no summary":          func(r *registry.Registry) { e := entry(); e.Summary = ""; registry.RegisterIn(r, "a", e) },
		"no task":             func(r *registry.Registry) { e := entry(); e.Task = ""; registry.RegisterIn(r, "a", e) },
		"no doc":              func(r *registry.Registry) { registry.RegisterIn(r, "a", bad[noDoc]()) },
		"a bad default":       func(r *registry.Registry) { registry.RegisterIn(r, "a", bad[badDefault]()) },
		"an invalid default":  func(r *registry.Registry) { registry.RegisterIn(r, "a", bad[invalidDefault]()) },
		"no json name":        func(r *registry.Registry) { registry.RegisterIn(r, "a", bad[noName]()) },
		"a type that is none": func(r *registry.Registry) { registry.RegisterIn(r, "a", bad[oddType]()) },
		"not a struct":        func(r *registry.Registry) { registry.RegisterIn(r, "a", bad[int]()) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			register(&registry.Registry{})
		})
	}
}

func bad[P any]() registry.Entry[P, *plain] {
	return registry.Entry[P, *plain]{Task: learner.Regression, Summary: "x", New: func(P, learner.Env) (*plain, error) { return &plain{}, nil }}
}

// A rule that only package validator knows keeps no program from starting where
// that is not linked: the learner is registered and described. It cannot be made,
// and the error says what to import: no value passes unchecked.
func TestOtherRulesWaitForTheirPackage(t *testing.T) {
	type mail struct {
		To string `json:"to" default:"a@example.com" validate:"email" doc:"."`
	}
	r := &registry.Registry{}
	registry.RegisterIn(r, "a", bad[mail]())
	if info, err := r.Lookup("a"); err != nil || info.Params[0].Name != "to" {
		t.Errorf("%+v, %v", info, err)
	}
	_, err := r.New("a", nil, learner.Env{})
	for what, err := range map[string]error{"New": err, "Check": r.Check("a", []byte(`{"to": "nobody"}`))} {
		for _, want := range []string{`learner "a"`, `the rule "email"`, `"github.com/gochimera/chimera/registry/allrules"`} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", what, err, want)
			}
		}
	}
}

type documented struct {
	Loss string `json:"loss" default:"squared"`
}

func (documented) Docs() map[string]string { return map[string]string{"loss": "What is minimised."} }

func (documented) ParamOptions(name string) []string { return []string{"squared", "own"} }

// Documentation may stand beside the struct, and options may be known only at
// run time.
func TestDocumentedAndOptioned(t *testing.T) {
	r := &registry.Registry{}
	registry.RegisterIn(r, "a", bad[documented]())
	info, err := r.Lookup("a")
	if err != nil || info.Params[0].Doc != "What is minimised." || info.Params[0].Limits != "one of squared, own" {
		t.Errorf("%+v, %v", info.Params, err)
	}
	if err := r.Check("a", json.RawMessage(`{"loss": "other"}`)); err == nil || !strings.Contains(err.Error(), "loss: want one of squared, own, got other") {
		t.Error(err)
	}
	if err := r.Check("a", json.RawMessage(`{"loss": "own"}`)); err != nil {
		t.Error(err)
	}
}
