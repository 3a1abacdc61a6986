//go:build unix

package examples_test

import (
	"net/http"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/telemetry/metrics"
)

// scrape is what a program shows at /metrics.
func scrape(t *testing.T, url string) map[string]*dto.MetricFamily {
	t.Helper()
	res, err := http.Get(url + metrics.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s%s: %s, %v", url, metrics.Path, res.Status, err)
	}
	return families
}

// sum adds the values of a metric whose labels have all of these pairs of a name and a value.
func sum(families map[string]*dto.MetricFamily, name string, labels ...string) (total float64) {
	for _, m := range families["chimera_"+name].GetMetric() {
		has := map[string]string{}
		for _, l := range m.GetLabel() {
			has[l.GetName()] = l.GetValue()
		}
		wanted := true
		for i := 0; i < len(labels); i += 2 {
			wanted = wanted && has[labels[i]] == labels[i+1]
		}
		if wanted {
			total += m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return total
}

// workersShow wants of every worker of a master, a program of its own, that it shows itself, and the requests that it has answered.
func workersShow(t *testing.T, master string, rows float64) {
	t.Helper()
	all := get[api.MasterStatus](t, master+api.PathStatus).Workers
	if len(all) == 0 {
		t.Fatal("the master has no workers")
	}
	for _, w := range all {
		shows := scrape(t, w.URL)
		rows -= sum(shows, "worker_rows")
		if sum(shows, "worker_info", "worker", w.Worker) != 1 || sum(shows, "worker_ready") != 1 || sum(shows, "worker_fitted") != 1 {
			t.Errorf("%s does not show that it is %s, ready and fitted: %v", w.URL, w.Worker, shows)
		}
		for _, path := range []string{aggregation.PathFit, aggregation.PathPredict} {
			if sum(shows, "http_requests_total", "route", path, "method", "POST", "code", "200") < 1 {
				t.Errorf("%s does not show that it was asked at %s", w.Worker, path)
			}
		}
		if shows["process_resident_memory_bytes"] == nil || shows["go_goroutines"] == nil {
			t.Errorf("%s shows nothing of its process", w.Worker)
		}
	}
	if rows != 0 {
		t.Errorf("the workers' rows are %v off", rows)
	}
}

// modelShows wants of the program that serves a model that it shows this, and the prediction that it has answered.
func modelShows(t *testing.T, master string) {
	t.Helper()
	shows := scrape(t, master)
	if sum(shows, "model_in_service") != 1 || sum(shows, "master_info", "project", "visits", "kind", "aggregation") != 1 {
		t.Errorf("it does not show what it serves: %v", shows)
	}
	if n := sum(shows, "http_requests_total", "route", api.PathsOf("aggregation").Predict, "method", "POST", "code", "200"); n != 1 {
		t.Errorf("it shows %v predictions, want 1", n)
	}
}
