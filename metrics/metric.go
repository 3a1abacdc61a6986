package metrics

import (
	"fmt"
	"strings"

	"github.com/gochimera/chimera/learner"
)

// Metric is one of the numbers by which a model is judged.
type Metric struct {
	Name  string // as the answer of a score names it
	Task  learner.Task
	Less  bool   // less is better
	Needs string // when rows have it; "" if always

	classes func(*Classification) *float64
	values  func(*Regression) *float64
}

// Of is the metric among those of a classifier or of a regressor; the other one is nil. It is false if they do not have it.
func (m Metric) Of(c *Classification, r *Regression) (float64, bool) {
	var v *float64
	switch {
	case m.classes != nil && c != nil:
		v = m.classes(c)
	case m.values != nil && r != nil:
		v = m.values(r)
	}
	if v == nil {
		return 0, false
	}
	return *v, true
}

// Better reports whether a is better than b.
func (m Metric) Better(a, b float64) bool {
	if m.Less {
		return a < b
	}
	return a > b
}

// Metrics are those of a task, the usual one first; none of a task without targets, which there is nothing to compare
// predictions with.
func Metrics(task learner.Task) []Metric {
	classes := func(name, needs string, less bool, of func(*Classification) *float64) Metric {
		return Metric{Name: name, Task: learner.Classification, Less: less, Needs: needs, classes: of}
	}
	values := func(name string, less bool, of func(*Regression) *float64) Metric {
		return Metric{Name: name, Task: learner.Regression, Less: less, values: of}
	}
	switch task {
	case learner.Clustering, learner.Decomposition:
		return nil
	case learner.Regression:
		return []Metric{
			values("r2", false, func(m *Regression) *float64 { return &m.R2 }),
			values("mean_squared_error", true, func(m *Regression) *float64 { return &m.MSE }),
			values("mean_absolute_error", true, func(m *Regression) *float64 { return &m.MAE }),
		}
	default:
	}
	return []Metric{
		classes("accuracy", "", false, func(m *Classification) *float64 { return &m.Accuracy }),
		classes("balanced_accuracy", "", false, func(m *Classification) *float64 { return &m.BalancedAccuracy }),
		classes("macro_f1", "", false, func(m *Classification) *float64 { return &m.MacroF1 }),
		classes("roc_auc", "two classes that both occur in the held-out rows", false, func(m *Classification) *float64 { return m.ROCAUC }),
		classes("log_loss", "probabilities", true, func(m *Classification) *float64 { return m.LogLoss }),
	}
}

// short are other names of metrics.
var short = map[string]string{"f1": "macro_f1", "auc": "roc_auc", "mse": "mean_squared_error", "mae": "mean_absolute_error"}

// ParseMetric finds a metric of a task by its name; "" is the task's usual one. The error lists those that there are.
func ParseMetric(name string, task learner.Task) (Metric, error) {
	list := Metrics(task)
	if len(list) == 0 {
		return Metric{}, fmt.Errorf("a model for %s predicts no target, so no held-out targets can judge it", task)
	}
	if name == "" {
		return list[0], nil
	}
	wanted := strings.ToLower(name)
	if long, ok := short[wanted]; ok {
		wanted = long
	}
	var names []string
	for _, m := range list {
		if m.Name == wanted {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return Metric{}, fmt.Errorf("want one of %s for a %s, got %.60q", strings.Join(names, ", "), task, name)
}

// MetricNames are the names of all metrics.
func MetricNames() []string {
	var names []string
	for _, task := range []learner.Task{learner.Classification, learner.Regression} {
		for _, m := range Metrics(task) {
			names = append(names, m.Name)
		}
	}
	return names
}
