package metrics

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	requestsTotal = declare(atBoth, "counter", "http_requests_total",
		"Requests that were answered, by the path as it is registered. The code is `aborted` if the connection was broken off.", "route", "method", "code")
	requestSeconds = declare(atBoth, "histogram", "http_request_duration_seconds", "Time from a request's head to the end of its answer.", "route", "method")
	receivedBytes  = declare(atBoth, "counter", "http_received_bytes_total", "Bytes of the bodies of requests.", "route")
	sentBytes      = declare(atBoth, "counter", "http_sent_bytes_total", "Bytes of the bodies of answers.", "route")
	inFlight       = declare(atBoth, "gauge", "http_requests_in_flight", "Requests that are being answered, open event streams among them.")
)

// requests counts the requests to a node.
type requests struct {
	route          func(*http.Request) string
	total          *prometheus.CounterVec
	seconds        *prometheus.HistogramVec
	received, sent *prometheus.CounterVec
	inFlight       prometheus.Gauge

	series sync.Map // of *answered, by its exchange: labels are looked up once
}

// exchange is what the series of a request go by.
type exchange struct {
	route, method string
	status        int // 0 for one that was broken off
}

// answered are the series of an exchange.
type answered struct {
	total          prometheus.Counter
	seconds        prometheus.Observer
	received, sent prometheus.Counter
}

// newRequests makes what counts requests. route is the path that a request goes to, as it was registered; empty if there is none.
func newRequests(r prometheus.Registerer, route func(*http.Request) string) *requests {
	return &requests{
		route: route, total: requestsTotal.counter(r), seconds: requestSeconds.histogram(r), received: receivedBytes.counter(r),
		sent: sentBytes.counter(r), inFlight: inFlight.gauge(r).WithLabelValues(),
	}
}

// wrap counts the requests that next answers.
func (q *requests) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := exchange{route: q.route(r), method: methodOf(r)}
		if e.route == "" {
			e.route = "none"
		}
		a := &answering{ResponseWriter: w}
		size := func() int64 { return max(r.ContentLength, 0) }
		if r.ContentLength < 0 && r.Body != nil {
			body := &counting{ReadCloser: r.Body}
			r.Body, size = body, func() int64 { return body.n }
		}
		start := time.Now()
		q.inFlight.Inc()
		defer func() {
			q.inFlight.Dec()
			if e.status = a.status; e.status == 0 && a.whole {
				e.status = http.StatusOK
			}
			if !a.whole {
				e.status = 0
			}
			s := q.of(e)
			s.total.Inc()
			s.seconds.Observe(time.Since(start).Seconds())
			s.received.Add(float64(size()))
			s.sent.Add(float64(a.sent))
		}()
		next.ServeHTTP(a, r)
		a.whole = true // it did not panic
	})
}

// of are the series of an exchange.
func (q *requests) of(e exchange) *answered {
	if s, ok := q.series.Load(e); ok {
		return s.(*answered)
	}
	code := "aborted"
	if e.status != 0 {
		code = strconv.Itoa(e.status)
	}
	s, _ := q.series.LoadOrStore(e, &answered{
		q.total.WithLabelValues(e.route, e.method, code), q.seconds.WithLabelValues(e.route, e.method),
		q.received.WithLabelValues(e.route), q.sent.WithLabelValues(e.route),
	})
	return s.(*answered)
}

// methodOf is a request's method, if it is one of those there are.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	default:
		return "other"
	}
}

// counting counts what is read of a body of unknown length.
type counting struct {
	io.ReadCloser
	n int64
}

// Read implements io.Reader.
func (c *counting) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n += int64(n)
	return n, err
}

// answering is a writer of an answer that notes its status and its size.
type answering struct {
	http.ResponseWriter
	status int
	sent   int64
	whole  bool // the handler has come to its end
}

// WriteHeader implements http.ResponseWriter. Interim answers are not what is noted.
func (a *answering) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answering) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(p)
	a.sent += int64(n)
	return n, err
}

// FlushError implements what http.ResponseController calls.
func (a *answering) FlushError() error { return http.NewResponseController(a.ResponseWriter).Flush() }

// Flush implements http.Flusher.
func (a *answering) Flush() { _ = a.FlushError() }

// Unwrap lets http.ResponseController set the deadlines of the connection.
func (a *answering) Unwrap() http.ResponseWriter { return a.ResponseWriter }
