package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/dataio"
)

func TestReading(t *testing.T) {
	for yaml, want := range map[string]string{
		"":                                 ``,
		"data: {header: auto}\n":           ``,
		"target: income\n":                 `{"target":"income"}`,
		"target: -1\n":                     `{"target":"-1"}`,
		"data: {header: false}\n":          `{"header":"no"}`,
		"data: {header: Yes}\n":            `{"header":"yes"}`,
		"data: {delimiter: tab}\n":         `{"delimiter":"tab"}`,
		"data: {delimiter: '\\t'}\n":       `{"delimiter":"\\t"}`,
		"data: {delimiter: ' '}\n":         `{"delimiter":" "}`,
		"data: {missing: [NA, ~, 1.50]}\n": `{"missing":["NA","~","1.50"]}`,
		"data: {missing: []}\n":            `{"missing":[]}`, // empty cells only
	} {
		if got := parse(t, twoTrees+yaml, config.Options{}).ReadingJSON(); got != want {
			t.Errorf("%q: %s, want %s", yaml, got, want)
		}
	}
	c := parse(t, twoTrees+"target: Y\ndata: {delimiter: ;, header: true, missing: []}\n", config.Options{})
	if diff := cmp.Diff(dataio.Options{Target: "Y", Delimiter: ";", Header: "yes", Missing: []string{}}, c.Reading()); diff != "" {
		t.Error("(-want +got)", diff)
	}
}

func TestDataRefuses(t *testing.T) {
	yaml := twoTrees + "target: [a]\ndata:\n  delimiter: \",,\"\n  header: maybe\n  missing: NA\n  separator: ','\n"
	want := []string{
		`c.yaml:3:9: target: want a name or position of a column, got a list`,
		`c.yaml:5:14: data.delimiter: want one character, or comma, semicolon, tab, pipe or blanks, got ",,"`,
		`c.yaml:6:11: data.header: want auto, yes or no, got "maybe"`,
		`c.yaml:7:12: data.missing: want a list of texts, got "NA"; for example ["", NA, -999]`,
		`c.yaml:8:3: data.separator: unknown setting; one of delimiter, header, missing`,
	}
	_, err := config.Parse("c.yaml", []byte(yaml), config.Options{Catalogue: learners()})
	if err == nil {
		t.Fatal("it was taken")
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Error("(-want +got)", diff)
	}
	for _, bad := range []string{"a", "1", ".", "'\"'", "é", "''"} {
		if _, err := config.Parse("c.yaml", []byte(twoTrees+"data: {delimiter: "+bad+"}\n"), config.Options{Catalogue: learners()}); err == nil {
			t.Errorf("the delimiter %s was taken", bad)
		}
	}
}
