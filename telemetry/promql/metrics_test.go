package promql

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/telemetry/metrics"
	"github.com/gochimera/chimera/telemetry/telemetrytest"
	"github.com/gochimera/chimera/workers"
)

// known is what there is: for each series' name its labels, and for each of those its values.
type known map[string]map[string][]string

// scrape adds what a node shows to what there is.
func (k known) scrape(t *testing.T, url string) {
	t.Helper()
	res, err := http.Get(url + metrics.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	read := expfmt.NewTextParser(model.LegacyValidation)
	families, err := read.TextToMetricFamilies(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			k.add(name, m)
			if f.GetType() == dto.MetricType_HISTOGRAM {
				for _, suffix := range []string{"_bucket", "_sum", "_count"} {
					k.add(name+suffix, m)
				}
				k[name+"_bucket"]["le"] = []string{}
			}
		}
	}
}

func (k known) add(name string, m *dto.Metric) {
	if k[name] == nil {
		k[name] = map[string][]string{"instance": nil, "job": nil}
	}
	for _, l := range m.GetLabel() {
		k[name][l.GetName()] = append(k[name][l.GetName()], l.GetValue())
	}
}

// found is what masters of all kinds and their workers show after a fit and a prediction.
func found(t *testing.T) known {
	t.Helper()
	k := known{"up": {"instance": nil, "job": nil}} // Prometheus' own
	for _, kind := range telemetrytest.Kinds() {
		m := metrics.NewMaster(telemetrytest.Names())
		c := kind.Start(t, func(string) []workers.Instrument { return []workers.Instrument{metrics.Instrument()} },
			func(s *cluster.Setup) { s.Watch, s.Metrics = append(s.Watch, m.Watch()), m.Page() },
			func(s *cluster.Server) http.Handler { return m.Measure(s) })
		c.Fit()
		c.Predict(telemetrytest.Rows())
		k.scrape(t, c.Master.URL)
		k.scrape(t, c.Workers[0].Server.URL)
	}
	return k
}

// Every expression parses, and what it asks for is there.
func TestExpressions(t *testing.T) {
	there := found(t)
	asked := map[string]bool{}
	for _, e := range slices.Concat(alerts(t), dashboard(t)) {
		for _, problem := range there.check(e.text, asked) {
			t.Errorf("%s: %s, in %s", e.where, problem, e.text)
		}
	}
	for _, m := range metrics.All() {
		if !asked[m.Name] && !asked[m.Name+"_bucket"] && !asked[m.Name+"_sum"] {
			t.Errorf("%s is neither on the dashboard nor in an alert", m.Name)
		}
	}
}

// check says what is wrong with an expression, and notes the metrics that it asks for.
func (k known) check(text string, asked map[string]bool) (problems []string) {
	root, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return []string{err.Error()}
	}
	var have []string // labels of all that is asked for
	parser.Inspect(root, func(n parser.Node, _ []parser.Node) error {
		s, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		asked[s.Name] = true
		series := k[s.Name]
		if series == nil {
			problems = append(problems, "there is no "+s.Name)
			return nil
		}
		for l := range series {
			have = append(have, l)
		}
		for _, m := range s.LabelMatchers {
			values, has := series[m.Name]
			switch {
			case m.Name == model.MetricNameLabel:
			case !has:
				problems = append(problems, s.Name+" has no label "+m.Name)
			case values != nil && !slices.ContainsFunc(values, m.Matches) && !rare(m):
				problems = append(problems, s.Name+" has no "+m.String())
			}
		}
		return nil
	})
	parser.Inspect(root, func(n parser.Node, _ []parser.Node) error {
		a, ok := n.(*parser.AggregateExpr)
		if !ok {
			return nil
		}
		for _, l := range a.Grouping {
			if !slices.Contains(have, l) {
				problems = append(problems, "nothing has a label "+l)
			}
		}
		return nil
	})
	return problems
}

// rare reports whether a matcher is for what does not happen in a test: errors.
func rare(m *labels.Matcher) bool {
	return m.Name == "code" || m.Name == "result" && strings.Contains(m.Value, "unanswered")
}

// What is wrong is found.
func TestMistakesAreFound(t *testing.T) {
	there := known{"a_total": {"worker": {"w1"}, "job": nil}}
	for text, want := range map[string]string{
		`a_total{worker="w1", job="x"}`: "", `sum by (worker) (rate(a_total[5m]))`: "", `rate(a_total[5m]`: "unclosed", `b_total`: "no b_total",
		`a_total{wroker="w1"}`: "no label wroker", `a_total{worker="w2"}`: `no worker="w2"`, `sum by (stage) (a_total)`: "label stage",
	} {
		problems := strings.Join(there.check(text, map[string]bool{}), "; ")
		if want == "" && problems != "" || !strings.Contains(problems, want) {
			t.Errorf("%s: %q, want %q", text, problems, want)
		}
	}
}
