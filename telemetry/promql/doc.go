// Package promql checks what Prometheus and Grafana are given: that every expression of the alerts and of the dashboard parses, and
// asks for metrics, labels and values that masters and workers have. It is a module of its own, so that nothing else needs the
// parser of Prometheus; there is nothing in it but tests.
package promql
