package chimera

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/dataio"
)

// The example of the banner is the first training row as it is written, in a form that a shell hands on unchanged.
func TestFirstRow(t *testing.T) {
	for name, tt := range map[string]struct {
		file, text string
		options    dataio.Options
		want       string
	}{
		"numbers, texts and missing cells": {"X_train.csv", "Age,Sex,Note\n1.50,f,?\n2,m,x\n", dataio.Options{},
			`{"X_pred_columns":["age","sex","note"],"X_pred_rows":[[1.50,"f",null]]}`},
		"the target is left out": {"train.csv", "a;y;b\n1;<=50K;it's\n", dataio.Options{Target: "y", Delimiter: ";"},
			`{"X_pred_columns":["a","b"],"X_pred_rows":[[1,"it\u0027s"]]}`},
		"numbers in other forms": {"train.csv", "a,b,c\n+1,007,.5\n", dataio.Options{Target: "c"}, `{"X_pred_columns":["a","b"],"X_pred_rows":[[1,7]]}`},
		"no names":               {"train.csv", "1,2\n", dataio.Options{Target: "-1", Header: "no"}, `{"X_pred_columns":["x1"],"X_pred_rows":[[1]]}`},
		"no rows":                {"train.csv", "a,b\n", dataio.Options{Target: "b"}, ""},
		"no such target":         {"train.csv", "a,b\n1,2\n", dataio.Options{Target: "c"}, ""},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, tt.file), []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if tt.options.Target == "" {
			if err := os.WriteFile(filepath.Join(dir, "y_train.csv"), []byte("y\n1\n2\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if e := firstRow(dir, tt.options); len(e.columns) == 0 && tt.want == "" {
			continue
		} else if got := e.body(); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// However wide the data is and whatever is in it, the example fits a few lines of a terminal, and what is left out shows.
func TestExampleFitsAScreen(t *testing.T) {
	wide := example{}
	for j := range 784 {
		wide.columns, wide.row = append(wide.columns, fmt.Sprintf("pixel%d", j)), append(wide.row, j)
	}
	long := strings.Repeat("it is long; ", 1000)
	for name, tt := range map[string]struct {
		example
		want string
	}{
		"few columns": {example{[]string{"a", "b"}, []any{1, "it's"}}, `{"X_pred_columns":["a","b"],"X_pred_rows":[[1,"it\u0027s"]]}`},
		"one long text": {
			example{[]string{"a", "review"}, []any{1, long}},
			`{"X_pred_columns":["a","review"],"X_pred_rows":[[1,"it is long; it is long; it is long; it i..."]]}`,
		},
		"a text and nothing else": {
			example{[]string{long}, []any{long}},
			`{"X_pred_columns":["it is long; it is long; it is long; it i..."],"X_pred_rows":[["it is long; it is long; it is long; it i..."]]}`,
		},
		"many columns": {wide, ""},
	} {
		body, shortened := tt.onALine()
		if len(body) > longestBody || shortened == (name == "few columns") || !json.Valid([]byte(body)) {
			t.Errorf("%s: %d bytes, shortened: %t: %s", name, len(body), shortened, body)
		}
		if name == "many columns" {
			if !strings.HasPrefix(body, `{"X_pred_columns":["pixel0","pixel1",`) || strings.Count(body, `"..."`) != 2 {
				t.Errorf("%s: %s", name, body)
			}
		} else if body != tt.want {
			t.Errorf("%s: %s, want %s", name, body, tt.want)
		}
	}
}
