package promql

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// expression is a query, and where it is.
type expression struct{ where, text string }

// alerts are the expressions of the alert rules.
func alerts(t *testing.T) (all []expression) {
	t.Helper()
	text, err := os.ReadFile("../prometheus/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []struct {
				Alert       string            `yaml:"alert"`
				Expr        string            `yaml:"expr"`
				For         string            `yaml:"for"`
				Labels      map[string]string `yaml:"labels"`
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if r.Alert == "" || r.Labels["severity"] == "" || r.Annotations["summary"] == "" {
				t.Errorf("an alert without a name, a severity or a summary: %+v", r)
			}
			all = append(all, expression{"alert " + r.Alert, r.Expr})
		}
	}
	return all
}

// panel is a part of the dashboard.
type panel struct {
	ID          int    `json:"id"`
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	GridPos     struct{ X, Y, W, H int }
	Targets     []struct {
		Expr string `json:"expr"`
	} `json:"targets"`
}

// board is the dashboard.
func board(t *testing.T) (panels []panel, variables []expression) {
	t.Helper()
	text, err := os.ReadFile("../grafana/chimera.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Panels     []panel `json:"panels"`
		Templating struct {
			List []struct {
				Name  string          `json:"name"`
				Type  string          `json:"type"`
				Query json.RawMessage `json:"query"`
			} `json:"list"`
		} `json:"templating"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, v := range file.Templating.List {
		if v.Type != "query" {
			continue
		}
		var q struct {
			Query string `json:"query"`
		}
		if err := json.Unmarshal(v.Query, &q); err != nil {
			t.Fatal(err)
		}
		metric, _, found := strings.Cut(strings.TrimPrefix(q.Query, "label_values("), ",")
		if !found {
			t.Errorf("the variable %s asks for no label's values: %s", v.Name, q.Query)
		}
		variables = append(variables, expression{"variable " + v.Name, metric})
	}
	return file.Panels, variables
}

// dashboard are the expressions of the dashboard, with values in place of its variables.
func dashboard(t *testing.T) []expression {
	t.Helper()
	panels, all := board(t)
	values := strings.NewReplacer("$__rate_interval", "5m", "$master", ".*", "$worker", ".*")
	for _, p := range panels {
		for _, q := range p.Targets {
			all = append(all, expression{"panel " + p.Title, values.Replace(q.Expr)})
		}
	}
	return all
}

// Every panel says what it shows, none has the place of another, and each asks for something.
func TestDashboard(t *testing.T) {
	panels, _ := board(t)
	if len(panels) < 20 {
		t.Errorf("only %d panels", len(panels))
	}
	ids := map[int]bool{}
	for i, p := range panels {
		if ids[p.ID] {
			t.Errorf("two panels have the number %d", p.ID)
		}
		ids[p.ID] = true
		if p.Type != "row" && (p.Description == "" || len(p.Targets) == 0 || p.Title == "") {
			t.Errorf("panel %q says not what it shows, or shows nothing", p.Title)
		}
		if p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %q is wider than the page", p.Title)
		}
		for _, q := range panels[:i] {
			a, b := p.GridPos, q.GridPos
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("%q and %q are in the same place", p.Title, q.Title)
			}
		}
	}
}
