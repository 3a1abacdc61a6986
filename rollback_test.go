package chimera_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/mlp"
	_ "github.com/gochimera/chimera/learner/sgd"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/masters"
)

// lastingKind is a project of one kind of master whose models are stored.
type lastingKind struct {
	create   func() masters.Master
	settings string // of chimera.yaml; %d is how long it trains
}

func lastingKinds() map[string]lastingKind {
	return map[string]lastingKind{
		"aggregation": {
			func() masters.Master { return masters.NewAggregation() }, "learner: tree-regressor\nendpoints: {fit_timeout: %dh}\n",
		},
		"parameter-server": {
			func() masters.Master { return masters.NewParameterServer() }, "master: parameter-server\nlearner: sgd-regressor\nparameter_server: {max_iter: %d}\n",
		},
		"pipeline": {
			func() masters.Master { return masters.NewPipeline() }, "master: pipeline\nlearner: mlp-regressor\npipeline: {max_iter: %d}\n",
		},
	}
}

// write writes the project with the rows, and the settings, of a generation.
func (k lastingKind) write(t *testing.T, dir string, generation int) {
	t.Helper()
	put(t, filepath.Join(dir, "chimera.yaml"), "project: lasting\nlauncher: inprocess\nworkers: 2\nseed: 7\n"+fmt.Sprintf(k.settings, 5*generation))
	for i := range 2 {
		seed := generation
		if k.create().Kind() != "pipeline" { // whose stages have the same rows
			seed += 10 * (i + 1)
		}
		random := learner.NewRand(learner.Seed(uint64(seed), "rows"))
		var x, y strings.Builder
		x.WriteString("a,b\n")
		y.WriteString("target\n")
		for range 50 {
			a, b := random.NormFloat64(), random.NormFloat64()
			fmt.Fprintf(&x, "%g,%g\n", a, b)
			fmt.Fprintf(&y, "%g\n", float64(generation)*a-b+0.2*random.NormFloat64())
		}
		data := filepath.Join(dir, "chimera_train_data", fmt.Sprintf("worker%d", i+1))
		put(t, filepath.Join(data, "X_train.csv"), x.String())
		put(t, filepath.Join(data, "y_train.csv"), y.String())
	}
}

// run runs the project's program until do returns.
func (k lastingKind) run(t *testing.T, dir string, do func(ctx context.Context, master *client.Client)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout, stderr output
	err := chimera.Run(k.create(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(&stdout, &stderr),
		chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
			defer cancel()
			do(ctx, up.Master)
			return nil
		}))
	if err != nil || t.Failed() {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
}

// whole waits until all workers hold the model in service.
func whole(ctx context.Context, t *testing.T, master *client.Client) {
	t.Helper()
	for {
		s, err := master.Status(ctx)
		if err != nil {
			t.Error(err)
			return
		}
		up := 0
		for _, m := range s.Workers {
			if m.State == api.MemberUp {
				up++
			}
		}
		if up == len(s.Workers) {
			return
		}
	}
}

// askWhole predicts, and returns the answer as it came.
func askWhole(ctx context.Context, url, kind string) (string, error) {
	const rows = `{"X_pred_columns":["b","a"],"X_pred_rows":[[0.5,-1],[2,1],[-0.3,0.2],[1.5,0.1],[-2,0.7]]}`
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+api.PathsOf(kind).Predict, strings.NewReader(rows))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", res.StatusCode, text)
	}
	return string(text), err
}

// asker is a client that predicts all the time.
type asker struct {
	seen map[string]int // how often which answer came
	err  error
	stop context.CancelFunc
	ends sync.WaitGroup
	some chan struct{} // one for each answer, as far as somebody waits
}

func startAsking(ctx context.Context, url, kind string) *asker {
	a := &asker{seen: map[string]int{}, some: make(chan struct{})}
	until, stop := context.WithCancel(ctx)
	a.stop = stop
	a.ends.Go(func() {
		defer close(a.some)
		for until.Err() == nil {
			answer, err := askWhole(ctx, url, kind)
			if err != nil {
				a.err = err
				return
			}
			a.seen[answer]++
			select {
			case a.some <- struct{}{}:
			default:
			}
		}
	})
	return a
}

// end returns what came.
func (a *asker) end() (map[string]int, error) {
	a.stop()
	a.ends.Wait()
	return a.seen, a.err
}

// A stored model is put into service again over REST while a client predicts all the time: each of its answers is that of one of the
// two models, to the byte. What is in service is so after a restart, and cannot be removed.
func TestRollBackWhileAClientPredicts(t *testing.T) {
	for kind, k := range lastingKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var a, b string     // IDs
			var ofA, ofB string // answers
			expect := func(ctx context.Context, master *client.Client, when, want string) {
				t.Helper()
				whole(ctx, t, master)
				if got, err := askWhole(ctx, master.URL(), kind); err != nil || got != want {
					t.Errorf("%s: %v\n%s\nwant\n%s", when, err, got, want)
				}
			}
			fit := func(ctx context.Context, master *client.Client) (id, answer string) {
				t.Helper()
				r, err := master.Fit(ctx)
				if err != nil {
					t.Error(err)
					return "", ""
				}
				answer, err = askWhole(ctx, master.URL(), kind)
				if err != nil || !strings.Contains(answer, r.FitID) || len(r.Failures) > 0 {
					t.Errorf("after fit %s: %s %v, failures %v", r.FitID, answer, err, r.Failures)
				}
				return r.FitID, answer
			}
			serve := func(ctx context.Context, master *client.Client, id, before string) {
				t.Helper()
				s, err := master.ServeModel(ctx, id)
				if err != nil || s.ID != id || s.Before != before || s.State != "serving" {
					t.Errorf("putting %s into service in place of %s: %+v, %v", id, before, s, err)
				}
			}
			refuse := func(ctx context.Context, master *client.Client, id string) {
				t.Helper()
				var p *api.Problem
				if err := master.RemoveModel(ctx, id); !errors.As(err, &p) || p.Code != api.CodeModelInUse {
					t.Errorf("the model in service can be removed: %v", err)
				}
			}

			k.write(t, dir, 1)
			k.run(t, dir, func(ctx context.Context, master *client.Client) { a, ofA = fit(ctx, master) })

			k.write(t, dir, 2)
			k.run(t, dir, func(ctx context.Context, master *client.Client) {
				expect(ctx, master, "with other rows", ofA)
				asking := startAsking(ctx, master.URL(), kind)
				<-asking.some
				b, ofB = fit(ctx, master)
				for range 3 {
					serve(ctx, master, a, b)
					expect(ctx, master, "back", ofA)
					<-asking.some
					serve(ctx, master, b, a)
					expect(ctx, master, "forward", ofB)
					<-asking.some
				}
				serve(ctx, master, a, b)
				refuse(ctx, master, a)
				<-asking.some
				seen, err := asking.end()
				if err != nil {
					t.Error("the client that predicts all the time: ", err)
				}
				for answer, n := range seen {
					if answer != ofA && answer != ofB {
						t.Errorf("%d answers of neither model: %s", n, answer)
					}
				}
				if seen[ofA] == 0 || seen[ofB] == 0 || strings.ReplaceAll(ofA, a, b) == ofB {
					t.Errorf("nothing was tested: %d answers of the old model, %d of the new one", seen[ofA], seen[ofB])
				}
			})

			k.run(t, dir, func(ctx context.Context, master *client.Client) {
				expect(ctx, master, "after a restart", ofA)
				serve(ctx, master, b, a)
				expect(ctx, master, "forward after a restart", ofB)
				refuse(ctx, master, b)
				if err := master.RemoveModel(ctx, a); err != nil {
					t.Error(err)
				}
				var p *api.Problem
				if _, err := master.ServeModel(ctx, a); !errors.As(err, &p) || p.Code != api.CodeNotFound {
					t.Errorf("a model that was removed: %v", err)
				}
				expect(ctx, master, "when the old model is removed", ofB)
			})
		})
	}
}

// Serve serves a model from its file, and from its folder in a store, without its project: the answers are its master's, to the byte,
// until it is interrupted.
func TestServe(t *testing.T) {
	for kind, k := range lastingKinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir, elsewhere := t.TempDir(), t.TempDir()
			var id, want string
			var file bytes.Buffer
			k.write(t, dir, 1)
			k.run(t, dir, func(ctx context.Context, master *client.Client) {
				r, err := master.Fit(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				id = r.FitID
				want, err = askWhole(ctx, master.URL(), kind)
				if err := errors.Join(err, master.ExportModel(ctx, "serving", &file)); err != nil {
					t.Error(err)
				}
			})
			archive := filepath.Join(elsewhere, "model.chimera")
			put(t, archive, file.String())
			for _, path := range []string{archive, filepath.Join(dir, "chimera_models", id)} {
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				var stdout, stderr output
				served := false
				err := chimera.Serve(path, 0, chimera.WithContext(ctx), chimera.WithOutput(&stdout, &stderr),
					chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
						defer interrupt()
						served = true
						got, err := askWhole(ctx, up.Master.URL(), kind)
						if got != want {
							t.Errorf("%s answers\n%s\nand its master\n%s", path, got, want)
						}
						var p *api.Problem
						if _, err := up.Master.Fit(ctx); !errors.As(err, &p) || p.Code != api.CodeServingOnly {
							t.Errorf("a fit: %v", err)
						}
						return err
					}))
				if err != nil || !served {
					t.Errorf("%s: %v\n%s", path, err, stderr.String())
				}
				for _, want := range []string{"Chimera: model " + id + " of project lasting (" + kind, "http://localhost:", "Ready"} {
					if !strings.Contains(stdout.String(), want) {
						t.Errorf("%q is not printed:\n%s", want, stdout.String())
					}
				}
			}
			if err := chimera.Serve(filepath.Join(elsewhere, "none.chimera"), 0); err == nil || !strings.Contains(err.Error(), "cannot be opened") {
				t.Errorf("without a file: %v", err)
			}
		})
	}
}
