package master_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/filelock"
	"github.com/gochimera/chimera/internal/mastertest"
)

// checkpoints is the folder of all checkpoints of a project.
func checkpoints(dir string) string { return filepath.Join(dir, "chimera_checkpoints") }

// own is the folder of the only running program's checkpoints.
func own(t *testing.T, dir string) string {
	t.Helper()
	for _, name := range folders(t, checkpoints(dir)) {
		if strings.HasPrefix(name, "run-") && !strings.HasSuffix(name, ".lock") {
			return filepath.Join(checkpoints(dir), name)
		}
	}
	t.Fatalf("no program's folder in %q", folders(t, checkpoints(dir)))
	return ""
}

// ownFit is the folder of the running fit in it.
func ownFit(t *testing.T, dir string) string {
	t.Helper()
	for _, name := range folders(t, own(t, dir)) {
		if name != "copies" {
			return filepath.Join(own(t, dir), name)
		}
	}
	t.Fatal("no fit runs")
	return ""
}

// parts is the folder of the copies of a model's parts, which is not stored otherwise.
func parts(t *testing.T, dir, fitID string) string {
	t.Helper()
	return filepath.Join(own(t, dir), "copies", fitID, "parts")
}

// TestCheckpointsLeaveNothing: only the parts of the model in service stay stored, and nothing after
// the master is closed. What killed programs have left is removed, and what a running one has is not.
func TestCheckpointsLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	left := checkpoints(dir)
	for _, name := range []string{"20260101-model", "run-killed", "run-running"} {
		if err := os.MkdirAll(filepath.Join(left, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mastertest.Write(t, filepath.Join(left, "run-killed.lock"), `{"pid": 1}`)
	mastertest.Write(t, filepath.Join(left, "a file"), "")
	other, err := filelock.Take(filepath.Join(left, "run-running.lock"))
	if err != nil {
		t.Fatal(err)
	}
	d := rings(60)
	c := line{learner: "mlp-classifier", params: everything, settings: quick + ", checkpoint_every: 1"}.startIn(t, dir, d, d)
	first, second := c.Fit(), c.Fit()
	if second.Pipeline.Checkpoints != 5 {
		t.Errorf("%d checkpoints, want one after each epoch but the last", second.Pipeline.Checkpoints)
	}
	all := folders(t, left)
	running := []string{"run-running", "run-running.lock"}
	mine := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(running, name) })
	if len(all) != 4 || len(mine) != 2 || mine[1] != mine[0]+".lock" {
		t.Fatalf("there is %q, want %q and a folder with its lock", all, running)
	}
	for folder, want := range map[string][]string{
		"": {"copies"}, "copies": {second.FitID}, "copies/" + second.FitID: {"manifest.json", "parts"}, "copies/" + second.FitID + "/parts": {"s1", "s2"},
	} {
		if got := folders(t, filepath.Join(left, mine[0], folder)); !slices.Equal(got, want) {
			t.Errorf("after fits %s and %s there is %q in %q, want %q", first.FitID, second.FitID, got, folder, want)
		}
	}
	c.Stop()
	if got := folders(t, left); !slices.Equal(got, running) {
		t.Errorf("after the end there is %q, want %q", got, running)
	}
	if err := other.Release(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(left, "run-running")); err != nil {
		t.Fatal(err)
	}
	c = line{learner: "mlp-classifier", params: everything, settings: quick}.startIn(t, dir, d, d)
	c.Fit()
	c.Stop()
	if got := folders(t, left); got != nil {
		t.Errorf("after the last program's end there is %q", got)
	}
}

// TestTwoProgramsOfAProject: a second master of the project, which stores and removes its own
// checkpoints, leaves those of a fit of the first alone.
func TestTwoProgramsOfAProject(t *testing.T) {
	t.Parallel()
	d, dir := rings(60), t.TempDir()
	l := line{learner: "mlp-classifier", params: everything, settings: brief + ", checkpoint_every: 1"}
	c := l.startIn(t, dir, d, d, d)
	wait := c.dyingWhile(1, pipeline.PathStep, 8, func() {
		other := l.startIn(t, dir, d)
		other.Fit()
		other.Stop()
	})
	got := c.Fit()
	wait()
	if r := got.Pipeline.Recoveries; len(r) != 1 || r[0].From != 7 {
		t.Errorf("recoveries %+v, want one from step 7", r)
	}
	c.Stop()
	if got := folders(t, checkpoints(dir)); got != nil {
		t.Errorf("after the end there is %q", got)
	}
}

// damages are the ways in which a file can be damaged, the first of a stage's and the second of another's.
var damages = map[string]func(t *testing.T, file, other string){
	"cut short": func(t *testing.T, file, _ string) {
		t.Helper()
		rewrite(t, file, func(b []byte) []byte { return b[:len(b)-1] })
	},
	"longer": func(t *testing.T, file, _ string) {
		t.Helper()
		rewrite(t, file, func(b []byte) []byte { return append(b, 0) })
	},
	"a flipped bit of its head": func(t *testing.T, file, _ string) {
		t.Helper()
		rewrite(t, file, func(b []byte) []byte { b[40] ^= 1; return b })
	},
	"a flipped bit of its numbers": func(t *testing.T, file, _ string) {
		t.Helper()
		rewrite(t, file, func(b []byte) []byte { b[len(b)-9] ^= 1; return b })
	},
	"empty": func(t *testing.T, file, _ string) {
		t.Helper()
		rewrite(t, file, func([]byte) []byte { return nil })
	},
	"missing": func(t *testing.T, file, _ string) {
		t.Helper()
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	},
	"another stage's": func(t *testing.T, file, other string) {
		t.Helper()
		rewrite(t, file, func([]byte) []byte {
			b, err := os.ReadFile(other)
			if err != nil {
				t.Fatal(err)
			}
			return b
		})
	},
}

func rewrite(t *testing.T, file string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, change(b), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestDamagedCheckpoint: a fit that has lost a stage and finds a damaged file, of any stage, goes back
// to the checkpoint before, or to its start, says which file of which worker it is, and ends with the
// same bits.
func TestDamagedCheckpoint(t *testing.T) {
	t.Parallel()
	d := rings(60) // three steps an epoch
	l := line{learner: "mlp-classifier", params: `{"hidden_layer_sizes": [4], "dropout": 0.2}`,
		settings: "max_iter: 3, batch_size: 20, learning_rate_init: 0.01, checkpoint_every: 1"}
	calm := l.stages(t, 3, d)
	want := calm.Fit()
	parameters := calm.stored()
	// check loses a stage at step 8 and damages the parts of a stage in the last checkpoints
	check := func(t *testing.T, damage func(t *testing.T, file, other string), stage, checkpointsDamaged, from int) {
		t.Helper()
		dir := t.TempDir()
		c := l.startIn(t, dir, d, d, d)
		name := "stage" + string(rune('1'+stage)) + ".state"
		wait := c.dyingWhile((stage+1)%3, pipeline.PathStep, 8, func() {
			fit := ownFit(t, dir)
			all := slices.DeleteFunc(folders(t, fit), func(name string) bool { return !strings.HasPrefix(name, "step") })
			if len(all) != 2 {
				t.Errorf("there is %q, want two checkpoints", all)
			}
			slices.Reverse(all) // the last one first
			for _, one := range all[:checkpointsDamaged] {
				folder := filepath.Join(fit, one)
				damage(t, filepath.Join(folder, name), filepath.Join(folder, "stage"+string(rune('1'+(stage+1)%3))+".state"))
			}
		})
		got := c.Fit()
		wait()
		if !slices.Equal(got.Training.Loss, want.Training.Loss) || !slices.Equal(c.stored(), parameters) {
			t.Error("the model is not that of a fit without a fault")
		}
		if r := got.Pipeline.Recoveries; len(r) != 1 || r[0].From != from || r[0].Step != 8 {
			t.Errorf("recoveries %+v, want one from step %d", r, from)
		}
		worker := c.Workers[stage].Name
		e := mastertest.Event(c.Cluster, func(e api.CheckpointDamagedEvent) bool { return e.From == from })
		if e.Worker != worker || e.FitID != got.FitID || e.Reason == "" || filepath.IsAbs(e.File) || !strings.HasSuffix(e.File, "/"+name) {
			t.Errorf("the event is %+v, want worker %s and file %s", e, worker, name)
		}
		c.Stop()
	}
	for how, damage := range damages {
		t.Run(how, func(t *testing.T) {
			for stage := range 3 {
				check(t, damage, stage, 1, 4)
			}
		})
	}
	t.Run("both checkpoints", func(t *testing.T) { check(t, damages["empty"], 1, 2, 1) })
}

// TestNoFolderForCheckpoints: where the project's folder cannot hold checkpoints, they are kept
// elsewhere, and a fit recovers all the same; nothing is left.
func TestNoFolderForCheckpoints(t *testing.T) {
	elsewhere, dir := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", elsewhere)
	t.Setenv("TMP", elsewhere) // of Windows
	mastertest.Write(t, checkpoints(dir), "a file, which even root cannot use as a folder")
	d := rings(60)
	c := line{learner: "mlp-classifier", params: everything, settings: brief + ", checkpoint_every: 1"}.startIn(t, dir, d, d)
	wait := c.dying(1, pipeline.PathStep, 8)
	got := c.Fit()
	wait()
	if r := got.Pipeline.Recoveries; len(r) != 1 || r[0].From != 7 {
		t.Errorf("recoveries %+v, want one from step 7", r)
	}
	if all := folders(t, elsewhere); len(all) != 1 || !strings.HasPrefix(all[0], "chimera_checkpoints-") {
		t.Errorf("the temporary folder has %q", all)
	}
	c.Stop()
	if all := folders(t, elsewhere); len(all) != 0 {
		t.Errorf("after the end the temporary folder has %q", all)
	}
}

// ready asks the master whether it can work, and returns the problem if not.
func (c *cluster) ready() *api.Problem {
	c.T.Helper()
	status, body := c.Send(http.MethodGet, api.PathReady, "", "")
	if status == http.StatusOK {
		return nil
	}
	p := mastertest.Decode[api.Problem](c.T, body)
	if status != http.StatusServiceUnavailable || p.Code != api.CodeStarting {
		c.T.Errorf("ready: status %d: %s", status, body)
	}
	return &p
}

// TestStoredPartIsGone: a stage that is lost, and whose stored part is damaged or gone, makes the master
// say that a fit is needed, and which worker and file are to blame. The parts of the others are
// stored again, so that they can be lost afterwards.
func TestStoredPartIsGone(t *testing.T) {
	t.Parallel()
	d, dir := rings(60), t.TempDir()
	c := line{learner: "mlp-classifier", params: everything, settings: quick}.startIn(t, dir, d, d, d)
	fit := c.Fit()
	if p := c.ready(); p != nil {
		t.Errorf("after the fit: %+v", p)
	}
	folder := parts(t, dir, fit.FitID)
	for _, name := range []string{"s2", "s3"} {
		damages["missing"](t, filepath.Join(folder, name), "")
	}
	lose := func(i int) {
		c.Workers[i].Kill()
		c.Server.WorkerExited(c.Workers[i].Name, "killed by the test")
		c.Workers[i].Start(t)
	}
	lose(0) // whose part is there; that of the others is stored again
	mastertest.Event(c.Cluster, func(e api.WorkerUpEvent) bool { return e.Worker == "s1" })
	lose(1)
	mastertest.Event(c.Cluster, func(e api.WorkerUpEvent) bool { return e.Worker == "s2" })
	c.predict(d)

	damages["cut short"](t, filepath.Join(folder, "s3"), "")
	lose(2)
	for p := c.ready(); p == nil || !strings.Contains(p.Detail, "fit again"); p = c.ready() {
		if p == nil {
			t.Fatal("the master is ready without the layers of s3")
		}
	}
	p := c.ready()
	if len(p.Workers) != 1 || p.Workers[0].Worker != "s3" || !strings.Contains(p.Detail, "2 of 3 workers") ||
		!strings.Contains(p.Detail, filepath.Join(fit.FitID, "parts", "s3")) {
		t.Errorf("ready: %+v", p)
	}
	wrong := c.Problem(api.PathsOf("pipeline").Predict, mastertest.Request(d), http.StatusBadGateway)
	if len(wrong.Workers) != 1 || wrong.Workers[0].Worker != "s3" || !strings.Contains(wrong.Detail, "fit again") {
		t.Errorf("predict: %+v", wrong)
	}
	c.Fit()
	if p := c.ready(); p != nil {
		t.Errorf("after another fit: %+v", p)
	}
	c.predict(d)
}

// TestMissedCommit: a stage that missed the end of a fit, and still holds what it finished, is put right
// without a stored part.
func TestMissedCommit(t *testing.T) {
	t.Parallel()
	d := rings(60)
	missed := false
	c := line{learner: "mlp-classifier", params: everything, settings: quick + ", checkpoint_every: 0",
		wrap: map[int]func(http.Handler) http.Handler{1: func(stage http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == pipeline.PathCommit && !missed {
					missed = true
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				stage.ServeHTTP(w, r)
			})
		}}}.stages(t, 3, d)
	fit := c.Fit()
	mastertest.Event(c.Cluster, func(e api.WorkerCaughtUpEvent) bool { return e.Worker == "s2" && e.FitID == fit.FitID })
	c.predict(d)
}
