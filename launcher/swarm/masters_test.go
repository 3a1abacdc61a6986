package swarm_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/internal/identity"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/swarm/swarmtest"
	_ "github.com/gochimera/chimera/learner/mlp"
	_ "github.com/gochimera/chimera/learner/sgd"
	"github.com/gochimera/chimera/masters"
)

// Masters of each kind, with workers on two nodes that they know by certificates, compute the same to the bit as with processes of this machine.
func TestMastersOverTwoNodes(t *testing.T) {
	nodes := swarmtest.Nodes(t)
	for kind, c := range map[string]struct {
		project  string
		master   func() masters.Master
		settings map[string]string
	}{
		"aggregation":      {"bagging", func() masters.Master { return masters.NewAggregation() }, nil},
		"parameter-server": {"fullbatch", func() masters.Master { return masters.NewParameterServer() }, map[string]string{"parameter_server.max_iter": "20"}},
		"pipeline": {"pipeline", func() masters.Master { return masters.NewPipeline() }, map[string]string{
			"pipeline.max_iter": "2", "pipeline.batch_size": "64", "pipeline.micro_batches": "4",
		}},
	} {
		t.Run(kind, func(t *testing.T) {
			rows := t.TempDir()
			plain := predictions(t, rows, c.project, "process", c.master(), c.settings)
			settings := map[string]string{"swarm.nodes": `["` + nodes.Host(1) + `"]`}
			for k, v := range c.settings {
				settings[k] = v
			}
			if got := predictions(t, rows, c.project, "swarm", c.master(), settings); !slices.Equal(got, plain) {
				t.Errorf("over two nodes the model predicts %v, on this machine %v", got, plain)
			}
		})
	}
}

// predictions fits a project of package bench with a launcher, and predicts.
func predictions(t *testing.T, rows, project, how string, m masters.Master, settings map[string]string) []float64 {
	t.Helper()
	overrides := []config.Override{{Field: "launcher", Value: how, Source: "the test"}}
	for field, value := range settings {
		overrides = append(overrides, config.Override{Field: field, Value: value, Source: "the test"})
	}
	cfg, err := config.Load(config.Options{Dir: filepath.Join("..", "..", "bench", project), Catalogue: catalogue.Shipped(), Overrides: overrides})
	if err != nil {
		t.Fatal(err)
	}
	plan := launcher.PlanOf(cfg, "test", slog.LevelWarn, nil)
	known, err := identity.New(cfg.Project, identity.Mode(cfg.WorkerSecurity()))
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	plan.Identity, plan.Output = known, &log
	shared := cfg.Kind().SharesLayers
	for i := range plan.Workers {
		plan.Workers[i].Data = filepath.Join(rows, plan.Workers[i].Name)
		writeRows(t, plan.Workers[i].Data, i, shared)
		if how == "swarm" {
			plan.Workers[i].Placement = []string{fmt.Sprint("node.hostname==node", i+1)}
		}
	}
	info, err := launcher.Lookup(how)
	if err != nil {
		t.Fatal(err)
	}
	launch, err := info.New(launcher.Setup{Config: cfg})
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := launch.Launch(t.Context(), plan)
	if err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	defer func() {
		if err := fleet.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	served := *cfg
	served.Dir = t.TempDir() // checkpoints are not the project's
	setup := masters.Setup{Config: &served, Identity: known}
	for _, e := range fleet.Endpoints() {
		setup.Workers = append(setup.Workers, masters.Endpoint{Name: e.Name, URL: e.URL, Peer: e.Peer})
	}
	server, err := masters.NewServer(m, setup)
	if err != nil {
		t.Fatal(err)
	}
	server.Start(t.Context())
	defer server.Close()
	listening := httptest.NewServer(server)
	defer listening.Close()
	c, err := client.New(listening.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Fit(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	x := mat.NewDense(50, 3, nil)
	for i := range 50 {
		x.SetRow(i, features(1000+i))
	}
	p, err := c.Predict(t.Context(), []string{"a", "b", "c"}, x)
	if err != nil {
		t.Fatal(err)
	}
	return p.Y.Values // for two classes, probabilities
}

// features are those of a row.
func features(i int) []float64 {
	x := float64(i)
	return []float64{math.Sin(x), math.Cos(3 * x), math.Sin(7*x) * math.Cos(x)}
}

// writeRows writes a worker's rows, of its own or the same for all.
func writeRows(t *testing.T, dir string, worker int, shared bool) {
	t.Helper()
	if shared {
		worker = 0
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	x, y := "a,b,c\n", "target\n"
	for i := range 200 {
		row := features(200*worker + i)
		x += fmt.Sprintf("%v,%v,%v\n", row[0], row[1], row[2])
		y += fmt.Sprintln(map[bool]int{true: 1}[row[0]*row[1]+row[2] > 0])
	}
	for name, text := range map[string]string{"X_train.csv": x, "y_train.csv": y} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
