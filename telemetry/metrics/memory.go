package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gochimera/chimera/internal/rest"
)

var (
	memorySize = declare(atBoth, "gauge", "request_memory_limit_bytes",
		"Memory that the bodies of requests may take together (limits.max_memory): small ones, large ones, and what is needed beyond what was expected.", "lane")
	memoryHeld    = declare(atBoth, "gauge", "request_memory_held_bytes", "Memory that the bodies of requests have been admitted for.", "lane")
	memoryWaiting = declare(atBoth, "gauge", "request_memory_waiting_requests", "Requests that wait for memory: the length of the queue.", "lane")
	memoryRefused = declare(atBoth, "counter", "request_memory_refused_total", "Requests that were answered 503, as no memory became free in time.", "lane")
)

// newMemory shows how much of the memory for requests is in use.
func newMemory(loads func() []rest.MemoryLoad) prometheus.Collector {
	return collector{[]Metric{memorySize, memoryHeld, memoryWaiting, memoryRefused}, func(show func(Metric, float64, ...string)) {
		for _, l := range loads() {
			show(memorySize, float64(l.Size), l.Lane)
			show(memoryHeld, float64(l.Held), l.Lane)
			show(memoryWaiting, float64(l.Waiting), l.Lane)
			show(memoryRefused, float64(l.Refused), l.Lane)
		}
	}}
}
