package testdata

import (
	"testing"

	"github.com/gochimera/chimera/learner"
)

func TestLoad(t *testing.T) {
	for _, c := range []struct {
		name                       string
		train, test, cols, classes int
		first                      float64 // X[0][0] of the training part
		y                          float64 // of the first training row
	}{
		{"iris", 112, 38, 4, 3, 5.9, 1},
		{"wine", 133, 45, 13, 3, 13.64, 0},
		{"breast_cancer", 426, 143, 30, 2, 11.85, 1},
		{"digits", 1347, 450, 64, 10, 0, 2},
		{"diabetes", 331, 111, 10, 0, -0.04910501639104307, 68},
	} {
		t.Run(c.name, func(t *testing.T) {
			train, test := Load(t, c.name)
			for part, d := range map[string]learner.Dataset{"train": train, "test": test} {
				task := learner.Classification
				if c.classes == 0 {
					task = learner.Regression
				}
				if err := learner.CheckFit(d, task, learner.Traits{}); err != nil {
					t.Errorf("%s: %v", part, err)
				}
				if _, cols := d.X.Dims(); cols != c.cols || len(d.Features) != c.cols {
					t.Errorf("%s: %d columns and %d names, want %d", part, cols, len(d.Features), c.cols)
				}
				if len(d.Classes) != c.classes {
					t.Errorf("%s: classes %v, want %d", part, d.Classes, c.classes)
				}
			}
			if train.Len() != c.train || test.Len() != c.test {
				t.Errorf("%d + %d rows, want %d + %d", train.Len(), test.Len(), c.train, c.test)
			}
			if got := train.X.At(0, 0); got != c.first {
				t.Errorf("first value %v, want %v", got, c.first)
			}
			if train.Y[0] != c.y {
				t.Errorf("first target %v, want %v", train.Y[0], c.y)
			}
		})
	}
}

func TestLoadUnknown(t *testing.T) {
	if _, _, err := load("titanic"); err == nil {
		t.Error("an unknown set must be an error")
	}
}
