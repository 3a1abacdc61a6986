package metrics

import (
	"context"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gochimera/chimera/internal/watch"
)

var (
	callsTotal = declare(atMaster, "counter", "worker_calls_total",
		"Calls to workers, each try counted, but no probes. The result is `answered`, `refused` (not the worker's fault: no model yet, busy, unusable rows), "+
			"`failed` (an error of the worker's), `unanswered` or `cancelled`.", "worker", "endpoint", "result")
	callSeconds  = declare(atMaster, "histogram", "worker_call_duration_seconds", "Time of calls to workers that were answered, in whatever way.", "endpoint")
	callSent     = declare(atMaster, "counter", "worker_call_sent_bytes_total", "Bytes of the bodies sent to workers.", "worker")
	callReceived = declare(atMaster, "counter", "worker_call_received_bytes_total", "Bytes of the bodies of workers' answers.", "worker")
	callsWaiting = declare(atMaster, "gauge", "worker_calls_in_flight", "Calls that workers have not answered yet.", "worker")
	retriesTotal = declare(atMaster, "counter", "worker_retries_total", "Calls to workers that were tried again.", "worker")
)

// mostEndpoints bounds the endpoints that are told apart. There are a dozen or two; a master of another kind may have made theirs
// of something else than a constant.
const mostEndpoints = 64

// calls counts the calls of a master to its workers.
type calls struct {
	total   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	workers map[string]*called // by name, fixed
	series  sync.Map           // of *ended, by its ending: labels are looked up once

	mu        sync.Mutex
	endpoints map[string]string // as they are shown
}

// called is what is counted of a worker, whatever was asked.
type called struct {
	sent, received, retries prometheus.Counter
	waiting                 prometheus.Gauge
}

type ending struct {
	worker, endpoint string
	result           watch.Result
}

type ended struct {
	total   prometheus.Counter
	seconds prometheus.Observer
}

func newCalls(r prometheus.Registerer, workers []string) *calls {
	c := &calls{total: callsTotal.counter(r), seconds: callSeconds.histogram(r), workers: map[string]*called{}, endpoints: map[string]string{}}
	sent, received, retries, waiting := callSent.counter(r), callReceived.counter(r), retriesTotal.counter(r), callsWaiting.gauge(r)
	for _, w := range workers { // from the start, so that rates can be computed of the first one
		c.workers[w] = &called{sent.WithLabelValues(w), received.WithLabelValues(w), retries.WithLabelValues(w), waiting.WithLabelValues(w)}
	}
	return c
}

// call is told of a call.
func (c *calls) call(ctx context.Context, k watch.Call) (context.Context, func(watch.Outcome)) {
	w := c.workers[k.Worker]
	if w == nil {
		return ctx, nil // it is none of the project's
	}
	w.waiting.Inc()
	return ctx, func(o watch.Outcome) {
		w.waiting.Dec()
		w.sent.Add(float64(k.Sent))
		w.received.Add(float64(o.Received))
		s := c.of(ending{k.Worker, k.Endpoint, o.Result})
		s.total.Inc()
		if o.Result != watch.Unanswered && o.Result != watch.Cancelled {
			s.seconds.Observe(o.Seconds)
		}
	}
}

// retry is told of a call that is tried again.
func (c *calls) retry(k watch.Call) {
	if w := c.workers[k.Worker]; w != nil {
		w.retries.Inc()
	}
}

// of are the series of an ending.
func (c *calls) of(e ending) *ended {
	if s, ok := c.series.Load(e); ok {
		return s.(*ended)
	}
	shown := c.shown(e.endpoint)
	made := &ended{c.total.WithLabelValues(e.worker, shown, string(e.result)), c.seconds.WithLabelValues(shown)}
	if shown != e.endpoint {
		return made
	}
	s, _ := c.series.LoadOrStore(e, made)
	return s.(*ended)
}

// shown is an endpoint, or `other` if there are too many.
func (c *calls) shown(endpoint string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, known := c.endpoints[endpoint]; known {
		return s
	}
	if len(c.endpoints) >= mostEndpoints {
		return "other"
	}
	c.endpoints[endpoint] = endpoint
	return endpoint
}
