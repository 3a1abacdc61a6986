package master_test

import (
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/distribute/pipeline/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
)

// interrupted begins a fit, and stops the master when the first stage is asked for a step, counted from 1.
func (l line) interrupted(t *testing.T, dir string, step int32, copies ...learner.Dataset) *cluster {
	t.Helper()
	reached := make(chan struct{})
	var once sync.Once
	var asked atomic.Int32
	l.wrap = map[int]func(http.Handler) http.Handler{0: func(stage http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == pipeline.PathStep && asked.Add(1) == step {
				_, _ = io.Copy(io.Discard, r.Body) // or the end of the connection is not noticed
				once.Do(func() { close(reached) })
				<-r.Context().Done()
				panic(http.ErrAbortHandler)
			}
			stage.ServeHTTP(w, r)
		})
	}}
	c := l.startIn(t, dir, copies...)
	if status, body := c.Post(api.PathsOf("pipeline").Fit+"?wait=false", ""); status != http.StatusAccepted {
		t.Fatalf("status %d: %s", status, body)
	}
	<-reached
	c.Server.Close()
	c.Master.Close()
	c.Server = nil
	return c
}

// resumed waits for the end of the fit that a program goes on with.
func (c *cluster) resumed() api.FitResponse {
	c.T.Helper()
	mastertest.Event(c.Cluster, func(api.FitCommittedEvent) bool { return true })
	_, body := c.Send(http.MethodGet, api.PathFit, "", "")
	job := mastertest.Decode[api.FitJob](c.T, body)
	if job.Result == nil {
		c.T.Fatalf("the fit: %s", body)
	}
	return *job.Result
}

// TestFitOutlivesItsProgram: a fit that was interrupted, wherever it was, goes on in the next program from its last
// checkpoint, with workers that remember nothing and are elsewhere, and ends with the bits of one that was not.
func TestFitOutlivesItsProgram(t *testing.T) {
	t.Parallel()
	d := rings(60) // three steps an epoch, or else
	for name, tt := range map[string]struct {
		settings string
		at       []int32 // the steps at which it is interrupted
		from     []int   // where it goes on; 1 is anew
	}{
		"after epochs": {brief + ", checkpoint_every: 2", []int32{3, 8, 18}, []int{1, 7, 13}},
		"within epochs": {"max_iter: 4, batch_size: 13, solver: sgd, learning_rate: invscaling, learning_rate_init: 0.1, " +
			"max_gradient_norm: 0.5, checkpoint_every: 3 steps",
			[]int32{4, 9, 17}, []int{4, 7, 16}},
		"early stopping and an adaptive rate": {"max_iter: 12, batch_size: 20, learning_rate_init: 0.3, learning_rate: adaptive, early_stopping: true, " +
			"n_iter_no_change: 1, validation_fraction: 0.2, checkpoint_every: 1", []int32{6, 16, 26}, []int{4, 16, 25}},
	} {
		t.Run(name, func(t *testing.T) {
			l := line{learner: "mlp-classifier", params: `{"hidden_layer_sizes": [5, 4], "dropout": 0.2}`, settings: tt.settings}
			calm := l.stages(t, 3, d)
			want := calm.Fit()
			parameters := calm.stored()
			for i, step := range tt.at {
				if int(step) > want.Training.Steps {
					t.Fatalf("the fit has %d steps", want.Training.Steps)
				}
				c := l.interrupted(t, t.TempDir(), step, d, d, d)
				c.again(master.New(), c.yaml)
				got := c.resumed()
				if !slices.Equal(got.Training.Loss, want.Training.Loss) || !slices.Equal(got.Pipeline.Validation, want.Pipeline.Validation) ||
					!slices.Equal(got.Pipeline.EpochLoss, want.Pipeline.EpochLoss) || got.Training.Stopped != want.Training.Stopped {
					t.Errorf("interrupted at step %d: losses\n%v\n%v\nscores\n%v\n%v", step, got.Training.Loss, want.Training.Loss,
						got.Pipeline.Validation, want.Pipeline.Validation)
				}
				if !slices.Equal(c.stored(), parameters) {
					t.Errorf("interrupted at step %d: other parameters", step)
				}
				if anew := strings.Contains(strings.Join(got.Notes, " "), "began anew: it had no checkpoint yet"); anew != (tt.from[i] == 1) ||
					!anew && (len(got.Training.Resumed) != 1 || got.Training.Resumed[0].From != tt.from[i]) {
					t.Errorf("interrupted at step %d: resumed %+v, notes %q", step, got.Training.Resumed, got.Notes)
				}
				if got.Pipeline.Checkpoints != want.Pipeline.Checkpoints || got.Workers[1].Steps != want.Training.Steps {
					t.Errorf("%d checkpoints and %d steps, want %d and %d", got.Pipeline.Checkpoints, got.Workers[1].Steps, want.Pipeline.Checkpoints, want.Training.Steps)
				}
				c.Stop()
				if left := folders(t, checkpoints(c.Dir)); left != nil {
					t.Errorf("left: %q", left)
				}
			}
		})
	}
}

// TestWhatAFitCannotGoOnFrom: a damaged checkpoint means the one before, or the start; other rows mean the start. Both are
// said, and the bits are those of a fit that was not interrupted.
func TestWhatAFitCannotGoOnFrom(t *testing.T) {
	t.Parallel()
	d, other := rings(60), rings(60)
	other.X.Set(3, 1, 7)
	l := line{learner: "mlp-classifier", params: `{"hidden_layer_sizes": [4]}`, settings: brief + ", checkpoint_every: 1"}
	for name, tt := range map[string]struct {
		files []string // of the checkpoints, the last first, that are damaged
		rows  learner.Dataset
		from  int
		says  string
	}{
		"a stage of the last":  {[]string{"stage2.state"}, d, 4, ""},
		"the course of it":     {[]string{"course.state"}, d, 4, ""},
		"both":                 {[]string{"course.state", "stage1.state"}, d, 1, "began anew: its checkpoints are damaged"},
		"the rows are changed": {nil, other, 1, "began anew: the rows have changed"},
	} {
		t.Run(name, func(t *testing.T) {
			calm := l.stages(t, 2, tt.rows)
			want := calm.Fit()
			c := l.interrupted(t, t.TempDir(), 8, d, d)
			fit := ownFit(t, c.Dir)
			all := slices.DeleteFunc(folders(t, fit), func(name string) bool { return !strings.HasPrefix(name, "step") })
			slices.Reverse(all)
			for i, file := range tt.files {
				damages["a flipped bit of its numbers"](t, filepath.Join(fit, all[i], file), "")
			}
			if tt.rows.X != d.X {
				for i := range c.Workers {
					c.Workers[i].Make = func() http.Handler { return l.stage(t, i, tt.rows) }
				}
			}
			c.again(master.New(), c.yaml)
			got := c.resumed()
			if !slices.Equal(got.Training.Loss, want.Training.Loss) || !slices.Equal(c.stored(), calm.stored()) {
				t.Error("the model is not that of a fit without an interruption")
			}
			if notes := strings.Join(got.Notes, " "); !strings.Contains(notes, tt.says) {
				t.Errorf("notes %q, want %q", notes, tt.says)
			}
			if tt.says == "" && (len(got.Training.Resumed) != 1 || got.Training.Resumed[0].From != tt.from) {
				t.Errorf("resumed %+v, want from step %d", got.Training.Resumed, tt.from)
			}
			for _, file := range tt.files {
				mastertest.Event(c.Cluster, func(e api.CheckpointDamagedEvent) bool {
					return strings.HasSuffix(e.File, "/"+file) && e.FitID == got.FitID && e.Reason != ""
				})
			}
			c.Stop()
		})
	}
}
