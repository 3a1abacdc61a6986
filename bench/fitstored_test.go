package bench_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/knn"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// fits serves a master over two workers in this process with half of the rows each. Its models are stored in a folder, unless unkept says
// why not. It returns a fit, which returns its ID.
func fits(b *testing.B, name, params string, d learner.Dataset, unkept string) (store *models.Store, fit func() (id string, err error)) {
	b.Helper()
	yaml := fmt.Sprintf("project: bench\nlearner: %s\nparams: %s\nworkers: 2\nmodels: {keep: 1}\n", name, params)
	cfg, err := config.Parse("chimera.yaml", []byte(yaml), config.Options{Catalogue: registry.Default})
	if err != nil {
		b.Fatal(err)
	}
	cfg.Dir = b.TempDir()
	bucket, err := models.OpenFolder(filepath.Join(cfg.Dir, models.DefaultStore))
	if err != nil {
		b.Fatal(err)
	}
	setup := masters.Setup{Config: cfg, Registry: registry.Default, Models: models.NewStore(bucket), Unkept: unkept}
	for i, w := range cfg.Workers {
		dir := b.TempDir()
		writeRows(b, dir, d, i*d.Len()/2, (i+1)*d.Len()/2)
		worker, err := workers.New(workers.Spec{Name: w.Name, Role: workers.ModelRole, Project: "bench", Learner: name, Params: params}, registry.Default,
			workers.Options{Data: dir, Procs: 1})
		if err == nil {
			err = worker.Load(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
		server := httptest.NewServer(worker)
		b.Cleanup(server.Close)
		setup.Workers = append(setup.Workers, masters.Endpoint{Name: w.Name, URL: server.URL})
	}
	url := serve(b, masters.NewAggregation(), setup)
	return setup.Models, func() (string, error) {
		answer, err := post(url+api.PathsOf("aggregation").Fit, nil)
		if err != nil {
			return "", err
		}
		var r api.FitResponse
		if err := json.Unmarshal(answer, &r); err != nil {
			return "", err
		}
		if stored := !strings.Contains(strings.Join(r.Notes, " "), "not stored"); stored != (unkept == "") {
			return "", fmt.Errorf("the model is stored: %v; the notes are %q", stored, r.Notes)
		}
		return r.FitID, nil
	}
}

// BenchmarkFitStored is a fit through a master, whose model is stored, beside one whose model is not stored and a plain file of as many
// bytes, on the disk for good.
func BenchmarkFitStored(b *testing.B) {
	for _, c := range []struct {
		name, learner string
		rows          int
	}{
		{"small", "tree-classifier", 1000}, {"large", "knn-classifier", shapes.DiabetesRows},
	} {
		b.Run(c.name, func(b *testing.B) {
			data := shapes.Diabetes(1).Select(firstRows(c.rows))
			store, kept := fits(b, c.learner, "{}", data, "")
			_, unkept := fits(b, c.learner, "{}", data, "nobody will ask for it")
			id, err := kept()
			if err != nil {
				b.Fatal(err)
			}
			m, err := store.Get(b.Context(), id)
			if err != nil {
				b.Fatal(err)
			}
			var size int64
			for _, p := range m.Parts {
				size += p.Size
			}
			text, plain := make([]byte, size), filepath.Join(b.TempDir(), "plain")
			turns{peer: "unkept-and-plain", extra: true}.compare(b, func() error { _, err := kept(); return err }, func() error {
				_, err := unkept()
				return errors.Join(err, writePlain(plain, text))
			})
			b.ReportMetric(float64(size)/(1<<20), "MiB")
		})
	}
}
