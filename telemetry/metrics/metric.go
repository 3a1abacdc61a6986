package metrics

import (
	"cmp"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// Metric is what is known of a metric before anything is counted.
type Metric struct {
	Name   string
	Kind   string // counter, gauge or histogram
	Help   string
	Labels []string
	At     string // who has it: master, worker or both
}

// Who has a metric.
const (
	atMaster = "master"
	atWorker = "worker"
	atBoth   = "both"
)

// declared is the registry of the metrics of this package.
var declared []Metric

// All lists the metrics of this package, by name. Those of the Go runtime and of the process come besides.
func All() []Metric {
	return slices.SortedFunc(slices.Values(declared), func(a, b Metric) int { return cmp.Compare(a.Name, b.Name) })
}

// declare registers a metric, to be called once for each, where it is kept.
func declare(at, kind, name, help string, labels ...string) Metric {
	m := Metric{Name: "chimera_" + name, Kind: kind, Help: help, Labels: labels, At: at}
	declared = append(declared, m)
	return m
}

// counter makes the metric, which is a counter, in a registry.
func (m Metric) counter(r prometheus.Registerer) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.Name, Help: m.Help}, m.Labels)
	r.MustRegister(v)
	return v
}

// gauge makes the metric, which is a gauge, in a registry.
func (m Metric) gauge(r prometheus.Registerer) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: m.Name, Help: m.Help}, m.Labels)
	r.MustRegister(v)
	return v
}

// latencies are the bounds of histograms, in seconds: of predictions, which take milliseconds, and of fits.
var latencies = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800}

// histogram makes the metric, which is a histogram of seconds, in a registry.
func (m Metric) histogram(r prometheus.Registerer) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: m.Name, Help: m.Help, Buckets: latencies}, m.Labels)
	r.MustRegister(v)
	return v
}

// desc is the metric for a collector that finds its values when it is asked.
func (m Metric) desc() *prometheus.Desc { return prometheus.NewDesc(m.Name, m.Help, m.Labels, nil) }

// value is one value of the metric, for such a collector.
func (m Metric) value(v float64, labels ...string) prometheus.Metric {
	kind := prometheus.GaugeValue
	if m.Kind == "counter" {
		kind = prometheus.CounterValue
	}
	return prometheus.MustNewConstMetric(m.desc(), kind, v, labels...)
}

// collector finds the values of some metrics when it is asked. It is a prometheus.Collector.
type collector struct {
	metrics []Metric
	collect func(show func(m Metric, v float64, labels ...string))
}

// Describe implements prometheus.Collector.
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, m := range c.metrics {
		to <- m.desc()
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(to chan<- prometheus.Metric) {
	c.collect(func(m Metric, v float64, labels ...string) { to <- m.value(v, labels...) })
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
