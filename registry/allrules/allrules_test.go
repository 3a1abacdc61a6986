package allrules_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/setting"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
	_ "github.com/gochimera/chimera/registry/allrules"
)

type model struct{}

func (model) Fit(context.Context, learner.Dataset) error { return nil }

func (model) Predict(context.Context, *mat.Dense) ([]float64, error) { return nil, nil }

type params struct {
	Depth int      `json:"depth" default:"3" validate:"gte=0" doc:"levels"`
	Low   float64  `json:"low" default:"0" doc:"the lower end"`
	High  float64  `json:"high" default:"1" validate:"gtfield=Low" doc:"the upper end"`
	Hosts []string `json:"hosts" validate:"dive,hostname" doc:"where"`
}

func entry[P any]() registry.Entry[P, model] {
	return registry.Entry[P, model]{Task: learner.Regression, Summary: "A test.", New: func(P, learner.Env) (model, error) { return model{}, nil }}
}

// Rules that package registry does not know itself are checked by package
// validator, and the others are not reported twice.
func TestEveryRuleIsChecked(t *testing.T) {
	r := &registry.Registry{}
	registry.RegisterIn(r, "a", entry[params]())
	for given, want := range map[string][]registry.Violation{
		`{"low": 0.5}`:                    nil,
		`{"low": 2}`:                      {{Param: "high", Reason: "want gtfield, got 1"}},
		`{"hosts": ["a.example", "b c"]}`: {{Param: "hosts[1]", Reason: "want hostname, got b c"}},
		`{"depth": -1, "low": 2}`:         {{Param: "depth", Reason: "want >= 0, got -1"}, {Param: "high", Reason: "want gtfield, got 1"}},
		`{"low": "x"}`:                    {{Param: "low", Reason: `want a number, got "x"`}},
	} {
		err := r.Check("a", []byte(given))
		var bad *registry.ParamsError
		errors.As(err, &bad)
		if err == nil != (want == nil) || bad != nil && !slices.Equal(bad.Violations, want) {
			t.Errorf("%s: %v, want %v", given, err, want)
		}
	}
}

func TestDefaultsAreChecked(t *testing.T) {
	type invalid struct {
		Low  float64 `json:"low" default:"2" doc:"the lower end"`
		High float64 `json:"high" default:"1" validate:"gtfield=Low" doc:"the upper end"`
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	registry.RegisterIn(&registry.Registry{}, "a", entry[invalid]())
}

// Settings of a kind may have every rule too, beside those that only settings have; what is embedded or in a list has its path.
func TestSettingsAreChecked(t *testing.T) {
	type Address struct {
		Mail string `yaml:"mail" validate:"email" doc:"an address"`
	}
	type settings struct {
		Address
		Name string    `yaml:"name" validate:"short" doc:"a name"`
		More []Address `yaml:"more" validate:"dive" doc:"more"`
	}
	short := setting.Text{Words: "one letter", Valid: func(s string) bool { return len(s) == 1 }}
	reader := setting.Reader{Tag: "yaml", Texts: map[string]setting.Text{"short": short, "ip|email": {}}}
	s := settings{Address{"nobody"}, "ab", []Address{{"a@example.com"}, {"b"}}}
	violations, err := reader.Violations(&s)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range violations {
		got = append(got, v.Path+":"+v.Rule)
	}
	if want := []string{"name:short", "mail:email", "more[1].mail:email"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
