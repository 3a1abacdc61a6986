package metrics

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gochimera/chimera/api"
)

var (
	fitsTotal   = declare(atMaster, "counter", "fits_total", "Fits that have ended: `committed`, `failed` or `cancelled`.", "result")
	fitSeconds  = declare(atMaster, "histogram", "fit_duration_seconds", "Time of fits whose model went into service.")
	fittedTotal = declare(atMaster, "counter", "worker_fits_total", "Parts in fits, by whether the worker took part or was left out: `fitted` or `failed`.",
		"worker", "result")
	stepsTotal = declare(atMaster, "counter", "steps_total", "Steps of trainings.")
	stepLoss   = declare(atMaster, "gauge", "step_loss", "Loss of the last step, the penalty included; NaN if it is not known.")
	stepBubble = declare(atMaster, "gauge", "pipeline_bubble_ratio", "Share of the time of a fit's steps so far in which the stages did not compute.")
	partsTotal = declare(atMaster, "counter", "worker_steps_total", "Steps, by whether the worker's rows or layers were part of them: `answered` or `missed`.",
		"worker", "result")
	partSeconds = declare(atMaster, "counter", "worker_step_seconds_total",
		"Time of steps: `computing` as the worker says, on the `wire`, and `waiting` for the slowest worker or for neighbours.", "worker", "phase")
	partSent = declare(atMaster, "counter", "worker_step_sent_bytes_total", "Bytes of bodies in steps: to the worker, or by a stage to its neighbours.",
		"worker")
	partReceived = declare(atMaster, "counter", "worker_step_received_bytes_total",
		"Bytes of bodies in steps: from the worker, or by a stage from its neighbours.", "worker")
	lostTotal = declare(atMaster, "counter", "worker_lost_total", "How often a worker stopped answering.", "worker")
)

// fits counts fits, and the steps of trainings.
type fits struct {
	committed, failed, cancelled prometheus.Counter
	seconds                      prometheus.Observer
	steps                        prometheus.Counter
	loss, bubble                 prometheus.Gauge
	workers                      map[string]*part // by name, fixed
}

// part is what is counted of a worker in fits.
type part struct {
	fitted, failed, lost     prometheus.Counter
	answered, missed         prometheus.Counter
	computing, wire, waiting prometheus.Counter
	sent, received           prometheus.Counter
}

func newFits(r prometheus.Registerer, workers []string) *fits {
	ends := fitsTotal.counter(r)
	f := &fits{
		committed: ends.WithLabelValues("committed"), failed: ends.WithLabelValues("failed"), cancelled: ends.WithLabelValues("cancelled"),
		seconds: fitSeconds.histogram(r).WithLabelValues(), steps: stepsTotal.counter(r).WithLabelValues(), loss: stepLoss.gauge(r).WithLabelValues(),
		bubble: stepBubble.gauge(r).WithLabelValues(), workers: map[string]*part{},
	}
	fitted, lost, steps, seconds := fittedTotal.counter(r), lostTotal.counter(r), partsTotal.counter(r), partSeconds.counter(r)
	sent, received := partSent.counter(r), partReceived.counter(r)
	for _, w := range workers { // from the start, so that rates can be computed of the first one
		f.workers[w] = &part{
			fitted: fitted.WithLabelValues(w, "fitted"), failed: fitted.WithLabelValues(w, "failed"), lost: lost.WithLabelValues(w),
			answered: steps.WithLabelValues(w, "answered"), missed: steps.WithLabelValues(w, "missed"),
			computing: seconds.WithLabelValues(w, "computing"), wire: seconds.WithLabelValues(w, "wire"), waiting: seconds.WithLabelValues(w, "waiting"),
			sent: sent.WithLabelValues(w), received: received.WithLabelValues(w),
		}
	}
	return f
}

// event is told of every event.
func (f *fits) event(e api.Event) {
	switch e := e.(type) {
	case api.FitCommittedEvent:
		f.committed.Inc()
		f.seconds.Observe(e.Seconds)
	case api.FitFailedEvent:
		f.failed.Inc()
	case api.FitCancelledEvent:
		f.cancelled.Inc()
	case api.WorkerFittedEvent:
		if w := f.workers[e.Fit.Worker]; w != nil {
			w.fitted.Inc()
		}
	case api.WorkerFailedEvent:
		if w := f.workers[e.Failure.Worker]; w != nil {
			w.failed.Inc()
		}
	case api.WorkerDownEvent:
		if w := f.workers[e.Worker]; w != nil {
			w.lost.Inc()
		}
	}
}

// step is told of every step.
func (f *fits) step(e *api.StepEvent) {
	f.steps.Inc()
	loss := math.NaN() // it is not known
	if e.Loss != nil {
		loss = *e.Loss
	}
	f.loss.Set(loss)
	if e.Pipeline != nil {
		f.bubble.Set(e.Pipeline.BubbleSoFar)
	}
	for i := range e.Parts {
		p := &e.Parts[i]
		w := f.workers[p.Worker]
		if w == nil {
			continue
		}
		if p.Missed == "" {
			w.answered.Inc()
		} else {
			w.missed.Inc()
		}
		w.computing.Add(max(p.Computing, 0)) // as workers say, who may say anything
		w.wire.Add(max(p.Wire, 0))
		w.waiting.Add(max(p.Waiting, 0))
		w.sent.Add(float64(max(p.Sent, 0)))
		w.received.Add(float64(max(p.Received, 0)))
	}
}
