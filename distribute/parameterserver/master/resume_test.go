package master_test

import (
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/mastertest"
)

// atStep has the first worker call f before it answers a step, counted from 0; f is called once for each step.
type atStep struct {
	mu   sync.Mutex
	f    func(step int)
	next int
}

func (a *atStep) do(f func(step int)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.f, a.next = f, 0
}

func (a *atStep) wrap(worker int, honest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if worker == 0 && r.URL.Path == parameterserver.PathStep {
			a.mu.Lock()
			f, step := a.f, a.next
			a.next++
			a.mu.Unlock()
			if f != nil {
				f(step)
			}
		}
		honest.ServeHTTP(w, r)
	})
}

// ended waits until the fit has ended that a new master has gone on with by itself, and returns its job.
func (c *cluster) ended(fitID string) *client.Job {
	c.T.Helper()
	cl, err := client.New(c.Master.URL)
	if err != nil {
		c.T.Fatal(err)
	}
	defer cl.Close()
	if _, err := cl.WaitFit(c.T.Context(), fitID); err != nil {
		c.T.Fatal(err)
	}
	job, err := cl.Job(c.T.Context())
	if err != nil {
		c.T.Fatal(err)
	}
	return job
}

// over starts a master in a project's folder, over the same workers.
func (s server) in(dir string, c *cluster) {
	c.Dir = dir
	s.over(c)
}

// copyFolder copies what a program that is killed now would leave.
func copyFolder(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Error(err) // it runs beside the test
	}
	return to
}

// left lists the files in a project's folder.
func left(t *testing.T, dir string) (files []string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			files = append(files, filepath.ToSlash(rel))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// unlike are the fields of a report that are about time and the wire.
var unlike = []cmp.Option{
	cmpopts.IgnoreFields(api.FitResponse{}, "Seconds"),
	cmpopts.IgnoreFields(api.Training{}, "Seconds", "Resumed"),
	cmpopts.IgnoreFields(api.WorkerFit{}, "Seconds", "Wire", "Waiting", "Sent", "Received"),
	cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }),
}

// courses are fits of all modes, optimisers and ways to end.
var courses = []struct {
	name     string
	classes  int
	workers  int
	params   string
	settings string
	warm     bool
}{
	{"full, sgd", 3, 2, "", "mode: full, max_iter: 6, eta0: 0.1, learning_rate: optimal", false},
	{"full, momentum, no change", 0, 3, "", "mode: full, max_iter: 40, optimiser: momentum, eta0: 0.05, tol: 0.05, n_iter_no_change: 2", false},
	{"full, nesterov, robust", 2, 5, "", "mode: full, max_iter: 6, optimiser: nesterov, eta0: 0.05, aggregation: krum", false},
	{"mini-batches, adam, l1", 2, 3, "", "mode: minibatch, batch_size: 7, max_iter: 13, optimiser: adam, eta0: 0.05, penalty: l1, alpha: 0.01", false},
	{"mini-batches, adagrad, early stopping", 3, 2, "",
		"mode: minibatch, batch_size: 14, max_iter: 60, optimiser: adagrad, eta0: 0.5, early_stopping: true, n_iter_no_change: 2, tol: 0.3", false},
	{"local, two epochs, clipped", 0, 3, "", "mode: local, local_epochs: 2, batch_size: 4, max_iter: 5, eta0: 0.01, max_gradient_norm: 1", false},
	{"full, from the model in service", 2, 2, "", "mode: full, max_iter: 4, eta0: 0.1, warm_start: true", true},
	{"float32, not standardised, gradient", 0, 2, "", "mode: full, max_iter: 8, eta0: 0.0001, wire: float32, standardize: false, gradient_tol: 1e-3", false},
	{"the learner's own objective", 2, 3, `{"alpha": 0.01, "max_iter": 3, "tol": 0.001}`,
		"mode: minibatch, batch_size: 8, eta0: 0.05, learning_rate: invscaling", false},
}

// A fit that was ended after any of its steps, as by kill -9, goes on by itself when a master starts again, and ends with the
// same bits as one that was not disturbed: parameters, losses, why it stopped, and what is reported of the workers.
func TestAFitGoesOnToTheSameBits(t *testing.T) {
	t.Parallel()
	for _, tt := range courses {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			steps := &atStep{}
			s := server{
				learner: learnerFor(tt.classes), params: tt.params, settings: "n_iter_no_change: 0, " + tt.settings + ", checkpoint_every: 1 step", wrap: steps.wrap,
			}
			if strings.Contains(tt.settings, "n_iter_no_change") || tt.params != "" {
				s.settings = tt.settings + ", checkpoint_every: 1 step"
			}
			rows := mastertest.ToyRows(60, tt.classes)
			c := s.workers(t, mastertest.Split(rows, tt.workers)...)
			dir := t.TempDir()
			s.in(dir, c)
			if tt.warm {
				c.Fit()
			}
			var snapshots []string
			steps.do(func(int) { snapshots = append(snapshots, copyFolder(t, dir)) })
			want := c.Fit()
			parameters := c.parameters(false)
			steps.do(nil)
			if len(snapshots) != want.Training.Steps || len(snapshots) < 4 {
				t.Fatalf("%d steps, %d of them seen", want.Training.Steps, len(snapshots))
			}
			if list := left(t, dir); len(list) > 1 { // the lock of the folder
				t.Errorf("after the fit there is %v", list)
			}
			for k, snapshot := range snapshots {
				if k > 3 && k%4 != 3 && k != len(snapshots)-1 {
					continue
				}
				asked := 0
				steps.do(func(int) { asked++ })
				s.in(snapshot, c)
				job := c.ended(want.FitID)
				steps.do(nil)
				got := *job.Result
				if !job.Resumed || asked != len(snapshots)-k {
					t.Fatalf("killed after %d of %d steps: resumed %t, then %d steps were taken", k, len(snapshots), job.Resumed, asked)
				}
				if r := got.Training.Resumed; k > 0 && (len(r) != 1 || r[0].From != k+1 || r[0].At.IsZero()) {
					t.Errorf("killed after %d steps: resumed %+v", k, r)
				}
				if k == 0 { // there was no checkpoint yet
					if len(got.Notes) == 0 || !strings.Contains(got.Notes[len(got.Notes)-1], "began anew: it has no checkpoint") {
						t.Errorf("killed before the first checkpoint: notes %q", got.Notes)
					}
					if tt.warm {
						continue // the model that it began from was not stored
					}
					got.Notes = got.Notes[:len(got.Notes)-1]
				}
				if diff := cmp.Diff(want, got, append(unlike, cmpopts.EquateEmpty())...); diff != "" {
					t.Errorf("killed after %d steps (-undisturbed +resumed):\n%s", k, diff)
				}
				if p := c.parameters(false); !slices.Equal(p, parameters) {
					t.Errorf("killed after %d steps: parameters %v, undisturbed %v", k, p, parameters)
				}
			}
		})
	}
}
