package bayes

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/sjwhitworth/golearn/naive"

	"github.com/gochimera/chimera/learner/golearn/internal/instances"
)

// conditional has golearn learn the probability of each bit in each class
// shown: classes x features. t.X holds 0 and 1.
func conditional(ctx context.Context, t instances.Training) ([][]float64, error) {
	target, err := instances.Category(t.Classes.Len())
	if err != nil {
		return nil, err
	}
	// golearn fails on a class without any bit. A bit that all rows have
	// prevents that, and its probability of 1 changes no answer.
	grid, err := instances.Columns{Features: append(instances.Bits("always", 1), instances.Bits("x", t.Width())...), Targets: target}.Grid(len(t.Y))
	if err != nil {
		return nil, err
	}
	grid.SetColumn(0, 1)
	grid.SetFeatures(1, t.X)
	grid.SetClasses(t.Y)
	learned := make([][]float64, t.Classes.Len())
	err = instances.Call("Bernoulli naive Bayes", func() error {
		model := naive.NewBernoulliNBClassifier()
		if err := model.Fit(grid.Until(ctx)); err != nil {
			return err
		}
		for class := range learned {
			p, err := probabilities(model, class)
			if err != nil {
				return err
			}
			if len(p) != t.Width()+1 {
				return fmt.Errorf("class %d has %d probabilities, want %d", class, len(p), t.Width()+1)
			}
			learned[class] = p[1:]
		}
		return nil
	})
	return learned, err
}

// probabilities reads a class's out of the model's private map. golearn would
// write them to a file, but a worker need not have a disk to write to.
func probabilities(model *naive.BernoulliNBClassifier, class int) ([]float64, error) {
	field := reflect.ValueOf(model).Elem().FieldByName("condProb")
	if field.Kind() != reflect.Map {
		return nil, errors.New("this version of golearn has no condProb")
	}
	row := field.MapIndex(reflect.ValueOf(strconv.Itoa(class)))
	if row.Kind() != reflect.Slice {
		return nil, fmt.Errorf("class %d has no probabilities", class)
	}
	p := make([]float64, row.Len())
	for i := range p {
		p[i] = row.Index(i).Float()
	}
	return p, nil
}
