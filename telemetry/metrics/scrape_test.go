package metrics_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/telemetry/metrics"
	"github.com/gochimera/chimera/telemetry/telemetrytest"
	"github.com/gochimera/chimera/workers"
)

// start starts a master and workers with metrics.
func start(t *testing.T, k telemetrytest.Kind) *mastertest.Cluster {
	t.Helper()
	m := metrics.NewMaster(telemetrytest.Names())
	return k.Start(t, func(string) []workers.Instrument { return []workers.Instrument{metrics.Instrument()} },
		func(s *cluster.Setup) { s.Watch, s.Metrics = append(s.Watch, m.Watch()), m.Page() },
		func(s *cluster.Server) http.Handler { return m.Measure(s) })
}

// get gets a page, which must be there.
func get(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v: %s", url, res.Status, err, text)
	}
	return string(text)
}

// scrape gets the metrics of a node, by name.
func scrape(t *testing.T, url string) map[string]*dto.MetricFamily {
	t.Helper()
	return parse(t, get(t, url+metrics.Path))
}

func parse(t *testing.T, text string) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return families
}

// value is the sum of a metric's values that have these labels, as in "worker=w1 result=answered"; of a histogram, the count.
func value(t *testing.T, families map[string]*dto.MetricFamily, name, labels string) float64 {
	t.Helper()
	f := families["chimera_"+name]
	if f == nil {
		t.Fatalf("there is no metric chimera_%s", name)
	}
	sum := 0.0
	for _, m := range f.GetMetric() {
		if has(m, labels) {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return sum
}

func has(m *dto.Metric, labels string) bool {
	for want := range strings.FieldsSeq(labels) {
		found := false
		for _, l := range m.GetLabel() {
			found = found || l.GetName()+"="+l.GetValue() == want
		}
		if !found {
			return false
		}
	}
	return true
}

// series is how many there are.
func series(families map[string]*dto.MetricFamily) (n int) {
	for _, f := range families {
		n += len(f.GetMetric())
	}
	return n
}

// answerOf is what a handler answers.
func answerOf(t *testing.T, h http.Handler) string {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, metrics.Path, http.NoBody))
	return rec.Body.String()
}
