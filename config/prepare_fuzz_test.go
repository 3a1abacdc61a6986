package config_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/dataio"
)

// Whatever the sections about data say: the readers take what is left of it, names of columns are as they are compared,
// and what is refused has its place.
func FuzzData(f *testing.F) {
	f.Add("target: -1\ndata: {delimiter: ;, header: no, missing: [~, NA]}\nprepare: {drop: [ID]}\n")
	f.Add("prepare:\n  impute: constant\n  fill_value: 0\n  columns:\n    \" A.b[0]\": {kind: categorical, encode: target, indicator: true}\n")
	f.Add("prepare: none\ndata: {missing: []}\n")
	f.Add("prepare: {mode: none, columns: {a: }}\ndata: {delimiter: \"\\t\", missing: []}\n")
	f.Fuzz(func(t *testing.T, sections string) {
		c, err := config.Parse("f", []byte(twoTrees+sections), config.Options{Catalogue: learners()})
		if err != nil {
			var errs config.Errors
			if !errors.As(err, &errs) || len(errs) == 0 {
				t.Fatalf("%T: %v", err, err)
			}
			for _, e := range errs {
				if e.Problem == "" || e.File != "f" || e.Line < 1 || e.Column < 1 {
					t.Errorf("no such place: %#v", e)
				}
			}
			return
		}
		if err := c.Reading().Check(); err != nil {
			t.Errorf("the readers refuse it: %v", err)
		}
		o := c.Reading()
		found := o.Target == "" && o.Delimiter == "" && (o.Header == "" || o.Header == dataio.HeaderAuto) && o.Missing == nil
		if found != (c.ReadingJSON() == "") {
			t.Errorf("%+v is written as %q", o, c.ReadingJSON())
		}
		var read dataio.Options
		if text := c.ReadingJSON(); text != "" {
			if err := json.Unmarshal([]byte(text), &read); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
		if diff := cmp.Diff(c.Reading(), read); diff != "" {
			t.Errorf("workers read (-want +got):\n%s", diff)
		}
		for name := range c.Prepare.Columns {
			if name != cell.Name(name) {
				t.Errorf("the column %q", name)
			}
		}
		for _, name := range c.Prepare.Drop {
			if name != cell.Name(name) || name == "" && c.Prepare.Mode == "auto" {
				t.Errorf("the dropped column %q", name)
			}
		}
	})
}
