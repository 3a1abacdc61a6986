package trial

import (
	"reflect"
	"testing"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
)

// A trial's rows have no column of groups, so that what chimera.yaml says of it is left out; the other columns keep theirs.
func TestSettingsWithoutTheGroup(t *testing.T) {
	for _, tt := range []struct {
		name, yaml, group string
		drop, columns     []string
	}{
		{"among others", "prepare: {drop: [id, Patient], columns: {age: {impute: median}}}\n", "patient", []string{"id"}, []string{"age"}},
		{"alone", "prepare: {drop: [patient]}\n", "patient", nil, nil},
		{"a column with settings, alone", "prepare: {columns: {PATIENT: {encode: ordinal}}}\n", "patient", nil, nil},
		{"no groups", "prepare: {drop: [patient], columns: {age: {impute: median}}}\n", "", []string{"patient"}, []string{"age"}},
		{"nothing in particular", "prepare: auto\n", "patient", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			settings, err := ParseDocument([]byte("learner: ridge\nworkers: 1\n" + tt.yaml))
			if err != nil {
				t.Fatal(err)
			}
			before, err := settings.Text()
			if err != nil {
				t.Fatal(err)
			}
			b := &Bench{project: &config.Config{}}
			b.project.Project = "p"
			text, err := b.settings(Job{Settings: settings, Data: &Data{Tables: []*Table{{Worker: "w", Group: tt.group}}}})
			if err != nil {
				t.Fatal(err)
			}
			cfg, err := config.Parse(config.FileName, text, config.Options{Catalogue: catalogue.Shipped()})
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			var columns []string
			for name := range cfg.Prepare.Columns {
				columns = append(columns, name)
			}
			if drop := append([]string(nil), cfg.Prepare.Drop...); !reflect.DeepEqual(drop, tt.drop) || !reflect.DeepEqual(columns, tt.columns) {
				t.Errorf("drop %q and columns %q, want %q and %q\n%s", drop, columns, tt.drop, tt.columns, text)
			}
			if after, _ := settings.Text(); string(after) != string(before) {
				t.Errorf("the settings themselves became\n%s", after)
			}
		})
	}
}
