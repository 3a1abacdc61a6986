package bench_test

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/internal/identity"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/masters"
)

// processes starts the workers of a project as processes of one thread each,
// with the rows that write puts into a folder for worker i of n.
func processes(b *testing.B, project string, settings map[string]string, write func(i, n int, dir string)) masters.Setup {
	b.Helper()
	var overrides []config.Override
	for field, value := range settings {
		overrides = append(overrides, config.Override{Field: field, Value: value, Source: "the benchmark"})
	}
	cfg, err := config.Load(config.Options{Dir: project, Catalogue: catalogue.Shipped(), Overrides: overrides})
	if err != nil {
		b.Fatal(err)
	}
	plan := launcher.Plan{Project: cfg.Project, Dir: cfg.Dir}
	setup := masters.Setup{Config: cfg}
	if how := cfg.WorkerSecurity(); how != config.WorkersNone {
		known, err := identity.New(cfg.Project, identity.Mode(how))
		if err != nil {
			b.Fatal(err)
		}
		plan.Identity, setup.Identity = known, known
	}
	for i, w := range cfg.Workers {
		dir := filepath.Join(b.TempDir(), w.Name)
		write(i, len(cfg.Workers), dir)
		plan.Workers = append(plan.Workers, launcher.Worker{
			Name: w.Name, Main: filepath.Join(config.WorkersFolder, w.Name), Data: dir, Hash: cfg.WorkerHash(i), Env: []string{"GOMAXPROCS=1"},
		})
	}
	fleet, err := launcher.Process{}.Launch(b.Context(), plan)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := fleet.Stop(context.Background()); err != nil {
			b.Error(err)
		}
	})
	for _, e := range fleet.Endpoints() {
		setup.Workers = append(setup.Workers, masters.Endpoint{Name: e.Name, URL: e.URL, Peer: e.Peer})
	}
	return setup
}

// serve serves a master in this process.
func serve(b *testing.B, m masters.Master, setup masters.Setup) (masterURL string) {
	b.Helper()
	server, err := masters.NewServer(m, setup)
	if err != nil {
		b.Fatal(err)
	}
	server.Start(b.Context())
	master := httptest.NewServer(server)
	b.Cleanup(func() { server.Close(); master.Close() })
	return master.URL
}
