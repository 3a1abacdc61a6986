package learner

import (
	"fmt"
	"slices"
)

// Task is what a learner is for.
type Task string

// The tasks.
const (
	Classification Task = "classification"
	Regression     Task = "regression"
	Clustering     Task = "clustering"    // groups of rows that are alike: a [Clusterer]
	Decomposition  Task = "decomposition" // few numbers for each row that say what its features do: a [Transformer]
)

// Tasks are all tasks.
func Tasks() []Task { return []Task{Classification, Regression, Clustering, Decomposition} }

// Supervised reports whether learners of this task learn a target. The others learn from the features alone: they look at
// neither Dataset.Y nor Schema.Classes, whether these are there or nil.
func (t Task) Supervised() bool { return t != Clustering && t != Decomposition }

// ParseTask reads a task's name.
func ParseTask(s string) (Task, error) {
	if t := Task(s); slices.Contains(Tasks(), t) {
		return t, nil
	}
	return "", fmt.Errorf("unknown task %q: want one of %q", s, Tasks())
}
