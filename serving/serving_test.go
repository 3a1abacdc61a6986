package serving_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	_ "github.com/gochimera/chimera/distribute/aggregation/worker" // role model
	parameterserver "github.com/gochimera/chimera/distribute/parameterserver/master"
	_ "github.com/gochimera/chimera/distribute/parameterserver/worker" // role sgd
	pipeline "github.com/gochimera/chimera/distribute/pipeline/master"
	_ "github.com/gochimera/chimera/distribute/pipeline/worker" // role stage
	"github.com/gochimera/chimera/internal/catalogue"
	_ "github.com/gochimera/chimera/learner/mlp"  // mlp
	_ "github.com/gochimera/chimera/learner/sgd"  // sgd
	_ "github.com/gochimera/chimera/learner/tree" // trees
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/serving"
	"github.com/gochimera/chimera/workers/node"
)

func kinds() []func() cluster.Master {
	return []func() cluster.Master{
		func() cluster.Master { return master.New() }, func() cluster.Master { return parameterserver.New() },
		func() cluster.Master { return pipeline.New() },
	}
}

// rows are a table with a text column and missing cells.
func rows() string {
	var b strings.Builder
	b.WriteString("age,town,income,y\n")
	towns := []string{"ulm", "bonn", "", "kiel"}
	for i := range 40 {
		age := ""
		if i%7 != 0 {
			age = string(rune('0'+i%9)) + "." + string(rune('0'+i%5))
		}
		b.WriteString(age + "," + towns[i%4] + "," + string(rune('1'+i%8)) + "," + string(rune('0'+(i/3)%2)) + "\n")
	}
	return b.String()
}

func ask(t *testing.T, h http.Handler, method, path, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

const asked = `{"X_pred_columns":["town","age","income"],"X_pred_rows":[["ulm",1.5,2],[null,null,3],["köln",8,7.5]]}`

// What a model answers is the same to the bit whether its project serves it, its file or its folder.
func TestServedAnswers(t *testing.T) {
	for kind, text := range map[string]string{
		"aggregation":      "seed: 3\nworkers: 2\nlearner: tree-classifier\nbootstrap: true\ntarget: y",
		"parameter-server": "seed: 3\nmaster: parameter-server\nworkers: 2\nlearner: sgd-classifier\ntarget: y\nparameter_server: {max_iter: 20}",
		"pipeline":         "seed: 3\nmaster: pipeline\nworkers: 2\nlearner: mlp-classifier\ntarget: y\npipeline: {max_iter: 5}",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cfg, err := config.Parse("chimera.yaml", []byte(text), config.Options{Catalogue: catalogue.Shipped()})
			if err != nil {
				t.Fatal(err)
			}
			cfg.Dir = dir
			store, err := models.Open(t.Context(), "", dir)
			if err == nil {
				err = store.Lock(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = store.Close() }()
			var ends []cluster.Endpoint
			for i, c := range cfg.Workers {
				data := filepath.Join(dir, "data", c.Name)
				if err := os.MkdirAll(data, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(data, "train.csv"), []byte(rows()), 0o644); err != nil {
					t.Fatal(err)
				}
				w, err := node.NewWorker(node.Spec{
					Name: c.Name, Role: cfg.Master.Role(), Learner: c.Learner, Params: c.Params.JSON(), Seed: c.Seed, Bootstrap: c.Bootstrap,
					Data: cfg.ReadingJSON(), ConfigHash: cfg.WorkerHash(i),
				}, registry.Default, node.Options{Data: data})
				if err == nil {
					err = w.Load(t.Context())
				}
				if err != nil {
					t.Fatal(err)
				}
				server := httptest.NewServer(w)
				t.Cleanup(server.Close)
				ends = append(ends, cluster.Endpoint{Name: c.Name, URL: server.URL})
			}
			var m cluster.Master
			for _, create := range kinds() {
				if made := create(); made.Kind() == kind {
					m = made
				}
			}
			if _, lasts := m.(cluster.Lasting); !lasts {
				t.Skip("models of this kind are not stored")
			}
			project, err := cluster.NewServer(m, cluster.Setup{Config: cfg, Workers: ends, Models: store})
			if err != nil {
				t.Fatal(err)
			}
			project.Start(t.Context())
			base := "/v1/chimera/" + kind
			if code, body := ask(t, project, http.MethodPost, base+"/fit", ""); code != 200 {
				t.Fatalf("fit: %d %s", code, body)
			}
			code, want := ask(t, project, http.MethodPost, base+"/predict", asked)
			if code != 200 {
				t.Fatalf("predict: %d %s", code, want)
			}
			project.Close()

			id, err := store.Serving(t.Context())
			if err != nil || id == "" {
				t.Fatalf("in service is %q, %v", id, err)
			}
			manifest, err := store.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			var file bytes.Buffer
			if err := models.WriteArchive(t.Context(), &file, store, manifest); err != nil {
				t.Fatal(err)
			}
			archive := filepath.Join(t.TempDir(), "model.chimera")
			if err := os.WriteFile(archive, file.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{archive, filepath.Join(dir, "chimera_models", id)} {
				served(t, path, base, want)
			}
		})
	}
}

func served(t *testing.T, path, base, want string) {
	t.Helper()
	model, err := serving.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = model.Close() }()
	s, err := serving.Start(context.Background(), model, serving.Options{Masters: kinds()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if code, body := ask(t, s, http.MethodGet, "/v1/chimera/ready", ""); code != 200 {
		t.Errorf("ready: %d %s", code, body)
	}
	if code, got := ask(t, s, http.MethodPost, base+"/predict", asked); code != 200 || got != want {
		t.Errorf("%s answers %d\n%s\nand the project\n%s", path, code, got, want)
	}
	if code, body := ask(t, s, http.MethodPost, base+"/fit", ""); code != 409 || !strings.Contains(body, "serving_only") {
		t.Errorf("fit: %d %s", code, body)
	}
}
