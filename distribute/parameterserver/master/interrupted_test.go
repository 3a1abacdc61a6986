package master_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
)

// three is a fit of five steps on two workers, whose first calls back.
func three(t *testing.T, every string) (s server, c *cluster, steps *atStep, dir string) {
	t.Helper()
	steps = &atStep{}
	s = server{learner: "sgd-regressor", settings: "max_iter: 5, n_iter_no_change: 0, eta0: 0.05, checkpoint_every: " + every, wrap: steps.wrap}
	c = s.workers(t, mastertest.Split(mastertest.ToyRows(24, 0), 2)...)
	return s, c, steps, t.TempDir()
}

// close is how a program ends that is asked to, in the middle of a step.
func (c *cluster) closeIn(steps *atStep, step int) (fitID string) {
	c.T.Helper()
	stopping, stopped := make(chan struct{}), make(chan struct{})
	steps.do(func(at int) {
		if at == step {
			close(stopping)
			<-stopped // the master does not get this answer
		}
	})
	path := api.PathsOf(c.Kind.Kind()).Fit + "?wait=false"
	_, body := c.Post(path, "")
	fitID = mastertest.Decode[api.FitResponse](c.T, body).FitID
	<-stopping
	c.Server.Close()
	steps.do(nil)
	close(stopped)
	return fitID
}

// A program that is asked to end writes down where its fit is, whatever the period of the checkpoints, and the next one goes
// on from there.
func TestAStoppedFitGoesOnFromItsLastStep(t *testing.T) {
	t.Parallel()
	s, c, steps, dir := three(t, "1h")
	s.in(dir, c)
	c.Fit()
	want := c.parameters(false)
	fitID := c.closeIn(steps, 3)
	s.in(dir, c)
	job := c.ended(fitID)
	if r := job.Result.Training.Resumed; len(r) != 1 || r[0].From != 4 {
		t.Errorf("resumed %+v, want from step 4", r)
	}
	if got := c.parameters(false); !slices.Equal(got, want) {
		t.Errorf("parameters %v, undisturbed %v", got, want)
	}
	e := mastertest.Event(c.Cluster, func(e api.FitResumedEvent) bool { return e.FitID == fitID })
	if e.Recovery.Worker != "" || e.Recovery.From != 4 || e.Recovery.Reason == "" {
		t.Errorf("%+v", e)
	}
	c.Server.Close()
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("%v is left, %v", files, err)
	}
}

// Stopped twice, a fit tells of both, and goes on counting.
func TestAFitIsStoppedTwice(t *testing.T) {
	t.Parallel()
	s, c, steps, dir := three(t, "2 steps")
	s.in(dir, c)
	want := c.Fit()
	parameters := c.parameters(false)
	fitID := c.closeIn(steps, 2)
	first := copyFolder(t, dir)
	second := ""
	steps.do(func(at int) { // the third and fourth steps of the fit; then there is a checkpoint after the fourth
		if at == 2 {
			second = copyFolder(t, first)
		}
	})
	s.in(first, c)
	c.ended(fitID)
	steps.do(nil)
	s.in(second, c)
	job := c.ended(fitID)
	r := job.Result.Training
	if len(r.Resumed) != 2 || r.Resumed[0].From != 3 || r.Resumed[1].From != 5 || r.Steps != 5 || !slices.Equal(r.Loss, want.Training.Loss) ||
		job.Result.Workers[1].Steps != 5 {
		t.Errorf("%+v", r)
	}
	if got := c.parameters(false); !slices.Equal(got, parameters) {
		t.Errorf("parameters %v, undisturbed %v", got, parameters)
	}
}

// A checkpoint that is damaged is told of, and the fit goes on from the one before, or from its start.
func TestADamagedCheckpointIsNotUsed(t *testing.T) {
	t.Parallel()
	s, c, steps, dir := three(t, "1 step")
	s.in(dir, c)
	snapshot := ""
	steps.do(func(at int) {
		if at == 4 {
			snapshot = copyFolder(t, dir)
		}
	})
	want := c.Fit()
	parameters := c.parameters(false)
	steps.do(nil)
	for _, tt := range []struct {
		name   string
		damage func(t *testing.T, files []string) // those of the checkpoints after the third and the fourth step
		from   []int
	}{
		{"the last one is cut short", func(t *testing.T, f []string) { t.Helper(); cut(t, f[1]) }, []int{4}},
		{"the last one has another bit", func(t *testing.T, f []string) { t.Helper(); flip(t, f[1]) }, []int{4}},
		{"the last one is empty", func(t *testing.T, f []string) { t.Helper(); mastertest.Write(t, f[1], "") }, []int{4}},
		{"the last one is the one before", func(t *testing.T, f []string) { t.Helper(); rename(t, f[0], f[1]) }, []int{1}},
		{"both", func(t *testing.T, f []string) { t.Helper(); cut(t, f[1]); flip(t, f[0]) }, []int{4, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			own := copyFolder(t, snapshot)
			files, err := filepath.Glob(filepath.Join(own, "chimera_checkpoints", "*", want.FitID, "*.checkpoint"))
			if err != nil || len(files) != 2 {
				t.Fatalf("%v, %v", files, err)
			}
			tt.damage(t, files)
			s.in(own, c)
			job := c.ended(want.FitID)
			for _, from := range tt.from {
				e := mastertest.Event(c.Cluster, func(e api.CheckpointDamagedEvent) bool { return e.From == from })
				if e.Reason == "" || !slices.Contains(files, e.File) || strings.Contains(e.Reason, own) {
					t.Errorf("%+v", e)
				}
			}
			last := tt.from[len(tt.from)-1]
			if r := job.Result.Training.Resumed; last > 1 && (len(r) != 1 || r[0].From != last) || last == 1 && len(r) > 0 {
				t.Errorf("resumed %+v, want from step %d", r, last)
			}
			if last == 1 && !slices.ContainsFunc(job.Result.Notes, func(n string) bool {
				return strings.Contains(n, "began anew: it has no checkpoint that can be used")
			}) {
				t.Errorf("notes %q", job.Result.Notes)
			}
			if got := c.parameters(false); !slices.Equal(got, parameters) || !slices.Equal(job.Result.Training.Loss, want.Training.Loss) {
				t.Errorf("parameters %v, undisturbed %v", got, parameters)
			}
		})
	}
}

func cut(t *testing.T, file string) {
	t.Helper()
	info, err := os.Stat(file)
	if err == nil {
		err = os.Truncate(file, info.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func flip(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	mastertest.Write(t, file, string(text))
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// What the workers have is compared with what they had: a fit whose rows have changed begins anew, and says so.
func TestAFitWithOtherRowsBeginsAnew(t *testing.T) {
	t.Parallel()
	s, c, steps, dir := three(t, "1 step")
	s.in(dir, c)
	fitID := c.closeIn(steps, 3)
	rows := mastertest.ToyRows(24, 0)
	rows.X.Set(0, 0, rows.X.At(0, 0)+1)
	other := s.workers(t, mastertest.Split(rows, 2)...)
	s.in(dir, other)
	job := other.ended(fitID)
	if r := job.Result; r.Training.Resumed != nil || !slices.ContainsFunc(r.Notes, func(n string) bool {
		return strings.Contains(n, "began anew: the rows of worker w1 are others than before")
	}) {
		t.Errorf("resumed %+v, notes %q", r.Training.Resumed, r.Notes)
	}
	fresh := other.Fit()
	if !slices.Equal(fresh.Training.Loss, job.Result.Training.Loss) {
		t.Errorf("losses %v, of another fit on these rows %v", job.Result.Training.Loss, fresh.Training.Loss)
	}
}

// Who asks for a fit while an interrupted one is gone on with joins it, or begins anew if it says so.
func TestAnInterruptedFitIsJoinedOrCancelled(t *testing.T) {
	t.Parallel()
	for _, restart := range []bool{false, true} {
		s, c, steps, dir := three(t, "1 step")
		s.in(dir, c)
		fitID := c.closeIn(steps, 2)
		going, goOn := make(chan struct{}), make(chan struct{})
		steps.do(func(at int) {
			if at == 0 {
				close(going)
				<-goOn
			}
		})
		s.in(dir, c)
		<-going
		if st := c.Status(); st.Fit == nil || !st.Fit.Resumed || st.Fit.FitID != fitID || st.Fit.State != api.FitRunning {
			t.Errorf("status %+v", st.Fit)
		}
		path := api.PathsOf(c.Kind.Kind()).Fit + "?wait=false"
		if restart {
			path += "&restart=true"
		}
		status, body := c.Post(path, "")
		if r := mastertest.Decode[api.FitResponse](t, body); status != 202 || (r.FitID == fitID) == restart {
			t.Errorf("restart %t: status %d, fit %s; the interrupted one was %s", restart, status, r.FitID, fitID)
		}
		if restart {
			if status, body := c.Post(path, ""); status != 409 {
				t.Errorf("a fit that was not interrupted is not cancelled by the next: %d %s", status, body)
			}
		}
		close(goOn)
		steps.do(nil)
		c.ended(c.Status().Fit.FitID)
		c.Stop()
	}
}

// A fit that is cancelled, or fails, leaves nothing that the next program would go on with; nor does a program that is told to
// begin anew.
func TestNothingIsLeftOfAFitThatEnded(t *testing.T) {
	t.Parallel()
	s, c, steps, dir := three(t, "1 step")
	s.in(dir, c)
	steps.do(func(at int) {
		if at == 3 {
			if status, body := c.Send("DELETE", api.PathFit, "", ""); status != 202 {
				t.Errorf("%d %s", status, body)
			}
		}
	})
	if p := c.Problem(api.PathsOf(c.Kind.Kind()).Fit, "", 409); p.Code != api.CodeFitCancelled {
		t.Errorf("%+v", p)
	}
	steps.do(nil)
	s.in(dir, c)
	if job := c.Status().Fit; job != nil {
		t.Errorf("a cancelled fit is gone on with: %+v", job)
	}
	c.closeIn(steps, 2)
	c.Anew = true
	s.in(dir, c)
	if job := c.Status().Fit; job != nil {
		t.Errorf("a fit is gone on with by a program that is to begin anew: %+v", job)
	}
	c.Anew = false
	fitID := c.closeIn(steps, 2)
	s.settings += ", alpha: 0.5"
	s.in(dir, c)
	if job := c.Status().Fit; job != nil {
		t.Errorf("fit %s of other settings is gone on with: %+v", fitID, job)
	}
	c.Server.Close()
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("%v is left, %v", files, err)
	}
}

// A resumed fit whose workers do not come fails, and the next fit is an ordinary one.
func TestAResumedFitWithoutWorkersIsNoTrap(t *testing.T) {
	t.Parallel()
	s, c, steps, dir := three(t, "1 step, recovery_timeout: 0")
	s.more = "endpoints: {start_timeout: 100ms}\n"
	s.in(dir, c)
	fitID := c.closeIn(steps, 2)
	for _, w := range c.Workers {
		w.Kill()
	}
	s.in(dir, c)
	mastertest.Event(c.Cluster, func(e api.FitFailedEvent) bool { return e.FitID == fitID })
	for _, w := range c.Workers {
		w.Start(t)
	}
	for _, w := range c.Workers {
		c.Settled(w.Name, api.MemberUp)
	}
	if fit := c.Fit(); fit.FitID == fitID || fit.Training.Resumed != nil || fit.Training.Steps != 5 {
		t.Errorf("%+v", fit)
	}
}

// A worker that starts later than the master is waited for.
func TestAResumedFitWaitsForItsWorkers(t *testing.T) {
	t.Parallel()
	s, c, steps, dir := three(t, "1 step, recovery_timeout: 0")
	s.in(dir, c)
	fitID := c.closeIn(steps, 2)
	c.Workers[1].Kill()
	c.NoRestart = true // a worker that runs elsewhere
	s.in(dir, c)
	if job := c.Status().Fit; job == nil || job.State != api.FitRunning {
		t.Fatalf("%+v", job)
	}
	c.Workers[1].Start(t)
	if r := c.ended(fitID).Result.Training.Resumed; len(r) != 1 || r[0].From != 3 {
		t.Errorf("resumed %+v", r)
	}
}
