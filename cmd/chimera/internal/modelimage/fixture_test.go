package modelimage_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/gochimera/chimera/cmd/chimera/internal/shipped"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
	_ "github.com/gochimera/chimera/workers" // the workers' halves of all kinds
	"github.com/gochimera/chimera/workers/node"
)

// training are rows with a column of texts and empty cells.
func training() string {
	var b strings.Builder
	b.WriteString("age,town,y\n")
	for i := range 40 {
		fmt.Fprintf(&b, "%d.5,%s,%d\n", i*7%11, []string{"ulm", "bonn", "", "kiel"}[i%4], i/3%2)
	}
	return b.String()
}

// stored fits a project of two workers, and writes its model into a file.
func stored(t *testing.T, text string) string {
	t.Helper()
	cfg, err := config.Parse("chimera.yaml", []byte(text), config.Options{Catalogue: catalogue.Shipped()})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cfg.Dir = dir
	store, err := models.Open(t.Context(), "", dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if err := store.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	var ends []cluster.Endpoint
	for i, c := range cfg.Workers {
		data := filepath.Join(dir, "data", c.Name)
		if err := errors.Join(os.MkdirAll(data, 0o755), os.WriteFile(filepath.Join(data, "train.csv"), []byte(training()), 0o600)); err != nil {
			t.Fatal(err)
		}
		w, err := node.NewWorker(node.Spec{
			Name: c.Name, Role: cfg.Master.Role(), Learner: c.Learner, Params: c.Params.JSON(), Seed: c.Seed, Bootstrap: c.Bootstrap,
			Data: cfg.ReadingJSON(), ConfigHash: cfg.WorkerHash(i),
		}, registry.Default, node.Options{Data: data})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(w)
		t.Cleanup(server.Close)
		ends = append(ends, cluster.Endpoint{Name: c.Name, URL: server.URL})
	}
	var master cluster.Master
	for _, create := range masters.All() {
		if m := create(); m.Kind() == string(cfg.Master) {
			master = m
		}
	}
	project, err := cluster.NewServer(master, cluster.Setup{Config: cfg, Workers: ends, Models: store})
	if err != nil {
		t.Fatal(err)
	}
	defer project.Close()
	project.Start(t.Context())
	answer := httptest.NewRecorder()
	project.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "http://localhost/v1/chimera/"+string(cfg.Master)+"/fit", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("fit: %d %s", answer.Code, answer.Body)
	}
	id, err := store.Serving(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m, err := store.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "model.chimera")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(models.WriteArchive(t.Context(), file, store, m), file.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}
