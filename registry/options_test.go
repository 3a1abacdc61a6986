package registry_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// flavours are the options of choosing, to which a test adds as a linked
// package would.
var flavours = []string{"plain", "salted"}

type choosing struct {
	Flavour string `json:"flavour" default:"plain" doc:"A name."`
	Kind    string `json:"kind" default:"gini" validate:"oneof=gini entropy" doc:"A choice."`
	Depth   int    `json:"max_depth" default:"3" validate:"gte=0" doc:"Levels."`
}

func (choosing) ParamOptions(param string) []string {
	if param == "flavour" {
		return slices.Clone(flavours)
	}
	return nil
}

// choosers is a registry with a learner of open options.
func choosers() *registry.Registry {
	r := &registry.Registry{}
	registry.RegisterIn(r, "choosing", registry.Entry[choosing, *plain]{
		Task: learner.Regression, Summary: "A test.",
		New: func(choosing, learner.Env) (*plain, error) { return &plain{}, nil },
	})
	return r
}

// What is added after the learner has registered is an option like any other:
// accepted, listed and in the schema.
func TestOptionsFollowTheirRegistry(t *testing.T) {
	t.Cleanup(func() { flavours = flavours[:2] })
	r := choosers()
	given := []byte(`{"flavour": "smoked"}`)
	if err := r.Check("choosing", given); err == nil {
		t.Error("an option that there is not yet: no error")
	}
	flavours = append(flavours, "smoked")
	if err := r.Check("choosing", given); err != nil {
		t.Error(err)
	}
	if _, err := r.New("choosing", given, learner.Env{}); err != nil {
		t.Error(err)
	}
	looked, err := r.Lookup("choosing")
	if err != nil {
		t.Fatal(err)
	}
	for what, info := range map[string]registry.Info{"Lookup": looked, "List": r.List()[0]} {
		p := info.Params[0]
		if want := "one of plain, salted, smoked"; !p.Open || p.Limits != want {
			t.Errorf("%s: open %t, limits %q, want %q", what, p.Open, p.Limits, want)
		}
		if diff := cmp.Diff([]string{"plain", "salted", "smoked"}, p.Schema["enum"]); diff != "" {
			t.Errorf("%s: options (-want +got)\n%s", what, diff)
		}
		if info.Params[1].Open {
			t.Errorf("%s: a parameter with a oneof is open", what)
		}
		properties := info.JSONSchema()["properties"].(map[string]any)
		for name, want := range map[string]string{"flavour": "examples", "kind": "enum"} { // an editor must accept what another package adds
			schema := properties[name].(map[string]any)
			if _, ok := schema[want]; !ok || schema["enum"] != nil && want != "enum" {
				t.Errorf("%s: %s has the schema %v, want its options as %s", what, name, schema, want)
			}
		}
	}
}

// A refusal says whether another program might accept the value.
func TestUnlistedOptions(t *testing.T) {
	for _, tc := range []struct {
		given string
		want  []registry.Violation
	}{
		{`{"flavour": "sweet"}`, []registry.Violation{{Param: "flavour", Reason: "want one of plain, salted, got sweet", Open: true}}},
		{`{"flavour": 3}`, []registry.Violation{{Param: "flavour", Reason: "want a string, got 3"}}},
		{`{"kind": "sweet"}`, []registry.Violation{{Param: "kind", Reason: "want one of gini, entropy, got sweet"}}},
		{`{"flavour": ""}`, []registry.Violation{{Param: "flavour", Reason: "want one of plain, salted, got ", Open: true}}},
		{`{"flavour": null}`, nil},
	} {
		t.Run(tc.given, func(t *testing.T) {
			var got []registry.Violation
			if bad := (*registry.ParamsError)(nil); errors.As(choosers().Check("choosing", []byte(tc.given)), &bad) {
				got = bad.Violations
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

type offByDefault struct {
	Flavour string `json:"flavour" default:"bitter" doc:"A name."`
}

func (offByDefault) ParamOptions(string) []string { return []string{"plain"} }

type notNamed struct {
	Flavour int `json:"flavour" default:"1" doc:"A number."`
}

func (notNamed) ParamOptions(string) []string { return []string{"plain"} }

func TestOptionsThatCannotWork(t *testing.T) {
	for name, register := range map[string]func(r *registry.Registry){
		"a default that is no option": func(r *registry.Registry) {
			registry.RegisterIn(r, "off", registry.Entry[offByDefault, *plain]{
				Task: learner.Regression, Summary: "A test.",
				New: func(offByDefault, learner.Env) (*plain, error) { return &plain{}, nil },
			})
		},
		"names for a number": func(r *registry.Registry) {
			registry.RegisterIn(r, "number", registry.Entry[notNamed, *plain]{
				Task: learner.Regression, Summary: "A test.",
				New: func(notNamed, learner.Env) (*plain, error) { return &plain{}, nil },
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if p := recover(); p == nil {
					t.Error("no panic")
				} else {
					t.Log(fmt.Sprint(p))
				}
			}()
			register(&registry.Registry{})
		})
	}
}
