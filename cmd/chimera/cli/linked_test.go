package cli

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
)

// Only a name that a package of the project's may register is worth building a
// command line for.
func TestMayBeLinked(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{"master: voting\npackages: [example.com/own]\n", true},
		{"launcher: batch\npackages: [example.com/own]\n", true},
		{"master: voting\n", false}, // nothing to link
		{"learner: tree-clasifier\n", true},
		{"learner: sgd-classifier\nparams: {loss: own}\n", true},
		{"learner: sgd-classifier\nparams: {alpha: -1}\n", false},
		{"learner: sgd-classifier\nseed: x\n", false},
		{"learner: sgd-classifier\nendpoints: {host: none of this}\n", false},
	} {
		_, err := config.Parse("chimera.yaml", []byte(c.text+"workers: [{name: a}]\n"), config.Options{Catalogue: catalogue.Shipped()})
		if err == nil {
			t.Errorf("%q is accepted", c.text)
		}
		if got := mayBeLinked(fmt.Errorf("loading: %w", err)); got != c.want {
			t.Errorf("%q: %v, want %v: %v", c.text, got, c.want, err)
		}
	}
	if mayBeLinked(nil) || mayBeLinked(errors.New("want one of these")) {
		t.Error("something else may be linked")
	}
}
