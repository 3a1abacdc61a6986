package trial

import (
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/metrics"
)

// Metric is one of the numbers by which a model is judged.
type Metric struct{ metrics.Metric }

// Of is the metric of a score; false if the score does not have it.
func (m Metric) Of(s *client.Score) (float64, bool) {
	return m.Metric.Of(s.Classification, s.Regression)
}

// Metrics are those of a task, the usual one first.
func Metrics(task learner.Task) []Metric {
	var list []Metric
	for _, m := range metrics.Metrics(task) {
		list = append(list, Metric{m})
	}
	return list
}

// ParseMetric finds a metric of a task by its name; "" is the task's usual one.
func ParseMetric(name string, task learner.Task) (Metric, error) {
	m, err := metrics.ParseMetric(name, task)
	return Metric{m}, err
}

// MetricNames are the names of all metrics.
func MetricNames() []string { return metrics.MetricNames() }
