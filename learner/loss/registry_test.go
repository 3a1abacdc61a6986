package loss_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/loss"
)

func squared(loss.Settings) (loss.Loss, error) { return loss.SquaredError{}, nil }

// registerOnce is for tests that run more than once in a program.
var registerOnce = sync.OnceFunc(func() {
	loss.Register("test_registered", loss.Entry{Task: learner.Regression, Summary: "A test.", New: squared})
})

func TestRegister(t *testing.T) {
	registerOnce()
	if got := loss.Names(learner.Regression); got[len(got)-1] != "test_registered" {
		t.Errorf("the names are %v, the one just registered is not the last", got)
	}
	if slices.Contains(loss.Names(learner.Classification), "test_registered") {
		t.Error("it is listed for classification")
	}
	if _, err := loss.ForTargets("test_registered", 0); err != nil {
		t.Error(err)
	}
}

func TestOrderOfNames(t *testing.T) {
	for task, want := range map[learner.Task][]string{
		learner.Regression:     {"squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"},
		learner.Classification: {"log_loss", "hinge", "squared_hinge", "modified_huber", "perceptron"},
	} {
		if got := loss.Names(task)[:len(want)]; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", task, got, want)
		}
	}
}

func TestEntriesThatCannotWork(t *testing.T) {
	good := loss.Entry{Task: learner.Regression, Summary: "A test.", New: squared}
	with := func(change func(*loss.Entry)) loss.Entry {
		e := good
		change(&e)
		return e
	}
	for _, tc := range []struct {
		name, lossName string
		entry          loss.Entry
		want           string
	}{
		{"a name that is taken", "huber", good, "registered twice"},
		{"no name", "", good, "not a loss's name"},
		{"a name with hyphens", "log-cosh", good, "joined by underscores"},
		{"no task", "test_bad", with(func(e *loss.Entry) { e.Task = "" }), "task"},
		{"no summary", "test_bad", with(func(e *loss.Entry) { e.Summary = " " }), "no Summary"},
		{"no New", "test_bad", with(func(e *loss.Entry) { e.New = nil }), "no New"},
		{"classes of numbers", "test_bad", with(func(e *loss.Entry) {
			e.Several = func(int) (loss.Classes, error) { return nil, nil }
		}), "several classes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			defer func() {
				if p, _ := recover().(string); !strings.Contains(p, tc.want) {
					t.Errorf("panic %q, want one that contains %q", p, tc.want)
				}
			}()
			loss.Register(tc.lossName, tc.entry)
		})
	}
}

// An error says which name may have been meant, and which task a loss is for.
func TestUnknownNamesHint(t *testing.T) {
	for _, tc := range []struct {
		task       learner.Task
		name, want string
	}{
		{learner.Regression, "hubr", `unknown loss "hubr"; did you mean "huber"?`},
		{learner.Classification, "huber", `loss "huber" is for regression, not for classification; use one of log_loss, hinge`},
		{learner.Classification, "logloss", `did you mean "log_loss"?`},
		{learner.Regression, "xyz", "squared_epsilon_insensitive"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := loss.New(tc.task, tc.name, loss.Settings{}); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want an error that contains %q", err, tc.want)
			}
		})
	}
	if _, err := loss.Lookup("hing"); err == nil || !strings.Contains(err.Error(), `did you mean "hinge"`) {
		t.Errorf("Lookup: %v", err)
	}
}
