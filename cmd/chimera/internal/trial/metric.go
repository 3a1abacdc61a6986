package trial

import (
	"fmt"
	"strings"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
)

// Metric is one of the numbers by which a model is judged.
type Metric struct {
	Name  string // as the answer of score names it
	Task  learner.Task
	Less  bool   // less is better
	Needs string // when an answer has it; "" if always

	classes func(*metrics.Classification) *float64
	values  func(*metrics.Regression) *float64
}

// Of is the metric of a score; false if the score does not have it.
func (m Metric) Of(s *client.Score) (float64, bool) {
	var v *float64
	switch {
	case m.classes != nil && s.Classification != nil:
		v = m.classes(s.Classification)
	case m.values != nil && s.Regression != nil:
		v = m.values(s.Regression)
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

// Metrics are those of a task, the usual one first.
func Metrics(task learner.Task) []Metric {
	classes := func(name, needs string, less bool, of func(*metrics.Classification) *float64) Metric {
		return Metric{Name: name, Task: learner.Classification, Less: less, Needs: needs, classes: of}
	}
	values := func(name string, less bool, of func(*metrics.Regression) *float64) Metric {
		return Metric{Name: name, Task: learner.Regression, Less: less, values: of}
	}
	if task == learner.Regression {
		return []Metric{
			values("r2", false, func(m *metrics.Regression) *float64 { return &m.R2 }),
			values("mean_squared_error", true, func(m *metrics.Regression) *float64 { return &m.MSE }),
			values("mean_absolute_error", true, func(m *metrics.Regression) *float64 { return &m.MAE }),
		}
	}
	return []Metric{
		classes("accuracy", "", false, func(m *metrics.Classification) *float64 { return &m.Accuracy }),
		classes("balanced_accuracy", "", false, func(m *metrics.Classification) *float64 { return &m.BalancedAccuracy }),
		classes("macro_f1", "", false, func(m *metrics.Classification) *float64 { return &m.MacroF1 }),
		classes("roc_auc", "two classes that both occur in the held-out rows", false, func(m *metrics.Classification) *float64 { return m.ROCAUC }),
		classes("log_loss", "probabilities", true, func(m *metrics.Classification) *float64 { return m.LogLoss }),
	}
}

// shortMetrics are other names of metrics.
var shortMetrics = map[string]string{"f1": "macro_f1", "auc": "roc_auc", "mse": "mean_squared_error", "mae": "mean_absolute_error"}

// ParseMetric finds a metric of a task by its name; "" is the task's usual one.
func ParseMetric(name string, task learner.Task) (Metric, error) {
	list := Metrics(task)
	if name == "" {
		return list[0], nil
	}
	wanted := strings.ToLower(name)
	if long, ok := shortMetrics[wanted]; ok {
		wanted = long
	}
	var names []string
	for _, m := range list {
		if m.Name == wanted {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return Metric{}, fmt.Errorf("want one of %s for a %s, got %q", strings.Join(names, ", "), task, name)
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
