package setting_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/setting"
)

type Common struct {
	Rate float64 `yaml:"rate" validate:"gt=0" doc:"a rate"`
}

type node struct {
	Common
	Name string   `yaml:"name" validate:"lower" doc:"a name"`
	Port int      `yaml:"port" validate:"omitempty,gte=1" doc:"a port"`
	Tags []string `yaml:"tags" validate:"dive,lower" doc:"tags"`
}

type settings struct {
	Nodes []node `yaml:"nodes" validate:"min=1,dive" doc:"nodes"`
	Loose []node `yaml:"loose" doc:"nodes without dive"`
	One   node   `yaml:"one" doc:"a node"`
	Mode  string `yaml:"mode" validate:"oneof=a b" doc:"a mode"`
}

// A violation is named by its path, also in a list and where an embedded struct has it; of a setting only the first rule is named.
func TestViolations(t *testing.T) {
	reader := setting.Reader{Tag: "yaml", Texts: map[string]setting.Text{"lower": {
		Words: "small letters", Valid: func(s string) bool { return s != "" && s == strings.ToLower(s) },
	}}}
	good := node{Common{1}, "a", 0, nil}
	for want, s := range map[string]settings{
		"[]":          {[]node{good}, nil, good, "a"},
		"[nodes:min]": {nil, nil, good, "b"},
		"[nodes[1].rate:gt nodes[1].name:lower nodes[1].tags[1]:lower]": {[]node{good, {Common{0}, "B", 0, []string{"x", "Y"}}}, nil, good, "a"},
		"[one.port:gte mode:oneof]":                                     {[]node{good}, []node{{}}, node{Common{1}, "a", -1, nil}, "c"},
	} {
		violations, err := reader.Violations(&s)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]string, len(violations))
		for i, v := range violations {
			got[i] = v.Path + ":" + v.Rule
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

// A rule that nothing here can check is a violation, so that no value passes unchecked.
func TestUncheckedRule(t *testing.T) {
	s := struct {
		To string `yaml:"to" validate:"email" doc:"who is told"`
	}{"a@example.com"}
	got, err := setting.Reader{Tag: "yaml"}.Violations(&s)
	if err != nil || len(got) != 1 || !got[0].Unchecked || got[0].Path != "to" || got[0].Rule != "email" {
		t.Errorf("%+v, %v", got, err)
	}
}
