package chimera_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/masters"
)

// What no fit could be prepared with is refused at the start, with its place: before workers are started, if the first rows show it.
func TestRunRefusesRows(t *testing.T) {
	const early = 1 // a row that is looked at before workers are started
	rows := func(text string, at int) string {
		var b strings.Builder
		b.WriteString("a,b\n")
		for i := range 1500 {
			if i == at {
				b.WriteString(text + ",1\n")
			} else {
				fmt.Fprintf(&b, "%d,2\n", i)
			}
		}
		return b.String()
	}
	targets := "target\n" + strings.Repeat("0.5\n", 1500)
	const none = "prepare: none\n"
	for _, tt := range []struct {
		name, yaml, features string
		says                 string // empty: it runs
		launches             int32
	}{
		{"numbers", none, rows("7", early), "", 1},
		{"texts that are prepared", "", rows("red", early), "", 1},
		{"a text", none, rows("red", early),
			`X_train.csv:3:1 (column "a"): expected a number, found "red": prepare: none in chimera.yaml takes numbers as they are`, 0},
		{"a text that only the worker sees", none, rows("red", 1200), `X_train.csv:1202:1 (column "a"): expected a number, found "red": prepare: none`, 1},
		{"a column that nobody has", "prepare: {columns: {bb: {scale: none}}}\n", rows("7", early),
			`chimera.yaml:5:25: prepare.columns.bb: no worker has a column "bb"; did you mean "b" or "a"?`, 0},
		{"a dropped column that nobody has", "prepare: {drop: [A, c]}\n", rows("7", early), `chimera.yaml:5:21: prepare.drop[1]: no worker has a column "c"`, 0},
		{"the columns that there are", "prepare: {drop: [A], columns: {B: {scale: none}}}\n", rows("7", early), "", 1},
		{"a bad row is its worker's to tell", none, "a,b\n1\n", "worker2: ", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, before := project(t, ""), launches.Load()
			put(t, filepath.Join(dir, "chimera.yaml"), "project: test\nlauncher: counted\nlearner: dummy-regressor\nworkers: 2\n"+tt.yaml)
			put(t, filepath.Join(dir, "chimera_train_data", "worker2", "X_train.csv"), tt.features)
			put(t, filepath.Join(dir, "chimera_train_data", "worker2", "y_train.csv"), targets)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var stdout, stderr output
			ran := false
			err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(&stdout, &stderr),
				chimera.OnReady(func(context.Context, chimera.Up) error { ran = true; cancel(); return nil }))
			if tt.says == "" && (err != nil || !ran) || tt.says != "" && (err == nil || ran || !strings.Contains(filepath.ToSlash(err.Error()), tt.says)) {
				t.Errorf("ran: %t, %v, want %q\n%s", ran, err, tt.says, stderr.String())
			}
			var data *dataio.Error
			var settings config.Errors
			if err != nil && !errors.As(err, &data) && !errors.As(err, &settings) {
				t.Errorf("the command line cannot tell that this is bad input: %#v", err)
			}
			if n := launches.Load() - before; n != tt.launches {
				t.Errorf("it launched %d times, want %d", n, tt.launches)
			}
		})
	}
}

// Rows that are elsewhere are not looked at.
func TestRowsElsewhere(t *testing.T) {
	dir := project(t, "")
	yaml := "project: test\nlauncher: external\nworkers: [{name: w, url: 'http://127.0.0.1:1'}]\nprepare: {drop: [c]}\nendpoints: {start_timeout: 10ms}\n"
	put(t, filepath.Join(dir, "chimera.yaml"), yaml)
	var stdout, stderr output
	err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(t.Context()), chimera.WithOutput(&stdout, &stderr))
	if err == nil || !strings.Contains(err.Error(), "no worker can be reached") {
		t.Errorf("%v, want that it looked for its workers", err)
	}
}
