package learner

import "fmt"

// Task is what a learner is for.
type Task string

// The tasks.
const (
	Classification Task = "classification"
	Regression     Task = "regression"
)

// ParseTask reads a task's name.
func ParseTask(s string) (Task, error) {
	switch t := Task(s); t {
	case Classification, Regression:
		return t, nil
	default:
		return "", fmt.Errorf("unknown task %q: want %q or %q", s, Classification, Regression)
	}
}
