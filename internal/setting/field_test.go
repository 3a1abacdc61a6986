package setting_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/internal/setting"
)

// Shared is embedded.
type Shared struct {
	Alpha float64 `yaml:"alpha" default:"1e-8"`
}

// Docs documents Shared's own fields, also where it is embedded.
func (Shared) Docs() map[string]string { return map[string]string{"alpha": "strength"} }

type everything struct {
	Shared
	Solver  string           `yaml:"solver" formerly:"optimiser" default:"adam" doc:"how it steps"`
	Wait    setting.Duration `yaml:"wait" default:"90s" env:"WAIT" doc:"how long"`
	Sizes   []int            `yaml:"sizes" default:"[8, 16]" doc:"how large"`
	Metric  string           `yaml:"metric" doc:"how far"`
	Without bool             `yaml:"without" otherwise:"as it was" doc:"whether"`
	Skipped int              `yaml:"-"`
}

// ParamOptions are what is registered.
func (everything) ParamOptions(name string) []string {
	if name == "metric" {
		return []string{"l1", "l2"}
	}
	return nil
}

func TestFields(t *testing.T) {
	fields, err := setting.Reader{Tag: "yaml"}.Fields(reflect.TypeFor[everything]())
	if err != nil {
		t.Fatal(err)
	}
	var names, docs, defaults []string
	v := reflect.New(reflect.TypeFor[everything]()).Elem()
	for _, f := range fields {
		names, docs = append(names, f.Name), append(docs, f.Doc)
		text, err := f.DefaultJSON()
		if err != nil {
			t.Fatal(err)
		}
		defaults = append(defaults, string(text))
		if err := f.SetDefault(v); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"alpha", "solver", "wait", "sizes", "metric", "without"}, names); diff != "" {
		t.Error("names (-want +got)", diff)
	}
	if diff := cmp.Diff([]string{"strength", "how it steps", "how long", "how large", "how far", "whether"}, docs); diff != "" {
		t.Error("docs (-want +got)", diff)
	}
	if diff := cmp.Diff([]string{"1e-8", `"adam"`, `"90s"`, "[8,16]", `""`, "false"}, defaults); diff != "" {
		t.Error("defaults (-want +got)", diff)
	}
	want := everything{Shared: Shared{1e-8}, Solver: "adam", Wait: setting.Duration(90 * time.Second), Sizes: []int{8, 16}}
	if diff := cmp.Diff(want, v.Interface()); diff != "" {
		t.Error("values (-want +got)", diff)
	}
	if fields[1].Formerly != "optimiser" || fields[2].Env != "WAIT" || fields[5].Otherwise != "as it was" {
		t.Errorf("%+v", fields)
	}
	if got := fields[4].Limits(); got != "one of l1, l2" {
		t.Errorf("options known only at run time: %q", got)
	}
}

type misnamed struct {
	A int `yaml:"a"`
}

func (misnamed) Docs() map[string]string { return map[string]string{"b": "nothing"} }

type twice struct {
	A int `yaml:"a" doc:"one"`
}

func (twice) Docs() map[string]string { return map[string]string{"a": "two"} }

type stray struct {
	A int `yaml:"a" doc:"one"`
}

func (stray) Docs() map[string]string { return map[string]string{"b": "two"} }

func TestFieldsRefuse(t *testing.T) {
	type nameless struct {
		A int `doc:"x"`
	}
	type again struct {
		A int `yaml:"a" doc:"x"`
		B int `yaml:"b" formerly:"a" doc:"x"`
	}
	for typ, want := range map[reflect.Type]string{
		reflect.TypeFor[int]():      "want a struct",
		reflect.TypeFor[nameless](): "the field A has no yaml name",
		reflect.TypeFor[again]():    "a is there twice",
		reflect.TypeFor[misnamed](): "a has no documentation",
		reflect.TypeFor[twice]():    "a is documented twice",
		reflect.TypeFor[stray]():    "there is documentation of b, and no such field",
	} {
		if _, err := (setting.Reader{Tag: "yaml"}).Fields(typ); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", typ, err, want)
		}
	}
}
