//go:build unix

package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Rows that were held out of one file are scored, and cross-validation of the others leaves the project as it is.
func TestHoldout(t *testing.T) {
	t.Parallel()
	e := run(t, "go run ./examples/holdout")
	if ensemble := e.score("the ensemble of 3"); ensemble < 0.9 || ensemble <= e.score("baseline") {
		t.Errorf("the ensemble scores %v", ensemble)
	}
	e.interrupt()
	cv := exec.CommandContext(t.Context(), "go", "tool", "chimera", "cv", "--project", "examples/holdout", "--repeats", "3")
	cv.Dir = root
	out, err := cv.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "5-fold cross-validation, stratified by class, 3 times: 133 rows of 3 workers") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Smaller shares make the workers' own trees worse and the ensemble better, on the noisy set by far; all of it is drawn.
func TestWorkerSweep(t *testing.T) {
	t.Parallel()
	picture := filepath.Join("worker-sweep", "sweep.svg")
	if err := os.RemoveAll(picture); err != nil { // which an earlier run has drawn
		t.Fatal(err)
	}
	sweep := exec.CommandContext(t.Context(), "go", "run", "./examples/worker-sweep")
	sweep.Dir = root
	out, err := sweep.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := os.Stat(picture); err != nil {
		t.Error(err)
	}
	sets := strings.Split(string(out), "diabetes: ")
	if len(sets) != 2 {
		t.Fatalf("%s", out)
	}
	for i, text := range sets {
		table := &example{t: t, printed: text}
		if one, alone := table.number("1 ", 2), table.number("1 ", 3); one != alone {
			t.Errorf("one worker's tree scores %v, and alone it is the ensemble, which scores %v", one, alone)
		}
		if one, all := table.number("8 ", 2), table.number("8 ", 3); all <= one || all < []float64{0.9, 0.1}[i] || all <= table.number("1 ", 3) {
			t.Errorf("of eight workers one scores %v and all %v\n%s", one, all, out)
		}
	}
}

// A table with texts, booleans and missing cells trains as it is, and does better than the majority by far.
func TestMixed(t *testing.T) {
	t.Parallel()
	defer reserve(t, "go run ./examples/mixed")()
	s := &shell{t: t, dir: root}
	s.wants("go tool chimera inspect examples/mixed/visits.csv --target returns", "target returns: classification, 2 classes")
	e := &example{t: t, printed: s.run("go tool chimera run --project examples/mixed --fit --score examples/mixed/test_data --once")}
	if got, baseline := e.score("accuracy  "), e.score("baseline accuracy"); got < 0.8 || got < baseline+0.1 {
		t.Errorf("accuracy %v, baseline %v", got, baseline)
	}
	interrupt := s.serve("go run ./examples/mixed")
	s.wants("go tool chimera fit --project examples/mixed", "fitted 3 workers on 600 rows")
	lower := &example{t: t, printed: s.run("go tool chimera score --project examples/mixed --threshold 0.3 " +
		"examples/mixed/test_data/X_test.csv examples/mixed/test_data/y_test.csv")}
	if got := lower.score("accuracy  "); got == e.score("accuracy  ") || got < 0.6 {
		t.Errorf("with a threshold of 0.3 the accuracy is %v", got)
	}
	interrupt()
	s.wants("go tool chimera tune --project examples/mixed --param C=0.01,0.1,1 --param prepare.scale=standard,robust", "prepare:")
}
