//go:build unix

package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/models"
)

// patience bounds what must happen some time; no test is faster or slower by it.
const patience = 2 * time.Minute

// project is a project whose programs are killed.
type project struct {
	*testing.T
	course
	dir, temporary string
	seen           map[string][]float64 // what a model predicts, by its ID
}

func newKilled(t *testing.T, c course) *project {
	t.Helper()
	p := &project{T: t, course: c, seen: map[string][]float64{}}
	for _, dir := range []*string{&p.dir, &p.temporary} {
		path, err := filepath.EvalSymlinks(t.TempDir())
		p.must(err)
		*dir = path
	}
	return p
}

func (p *project) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// write writes the project's files.
func (p *project) write(rows uint64) {
	p.Helper()
	p.must(p.plan.write(p.dir, 1000*p.Seed+rows))
}

// running is a program of the project.
type running struct {
	*project
	spec   spec
	cmd    *exec.Cmd
	ended  chan struct{} // closed when it has
	err    error         // how it has ended
	output *bytes.Buffer // to be read when it has
	master *client.Client
}

// start starts a program on the rows of a seed, and waits until it serves. One that dies at its start may not.
func (p *project) start(s spec, rows uint64) *running {
	p.Helper()
	p.write(rows)
	s.Kind, s.Dir, s.Notes = p.Kind, p.dir, p.TempDir()
	text, err := json.Marshal(s)
	p.must(err)
	address := filepath.Join(p.dir, "chimera_logs", "master")
	if err := os.Remove(address); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a dead one
		p.Fatal(err)
	}
	program, err := os.Executable()
	p.must(err)
	r := &running{project: p, spec: s, cmd: exec.Command(program), ended: make(chan struct{}), output: &bytes.Buffer{}}
	r.cmd.Env = append(os.Environ(), programVariable+"="+string(text), "TMPDIR="+p.temporary)
	r.cmd.Stdout, r.cmd.Stderr = r.output, r.output
	r.cmd.WaitDelay = time.Second
	p.must(r.cmd.Start())
	go func() {
		r.err = r.cmd.Wait()
		close(r.ended)
	}()
	p.Cleanup(r.kill)
	r.await("its address", func() bool {
		url, err := os.ReadFile(address)
		if err != nil {
			return r.over() && s.AtStart
		}
		r.master, err = client.New(strings.TrimSpace(string(url)))
		p.must(err)
		p.Cleanup(r.master.Close)
		return true
	})
	if !s.AtStart {
		r.settle()
	}
	return r
}

// over reports whether the program has ended.
func (r *running) over() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// await waits for something, which must come.
func (r *running) await(what string, come func() bool) {
	r.Helper()
	for begun := time.Now(); ; {
		over := r.over()
		if come() {
			return
		}
		if over && !r.spec.AtStart && r.spec.Death.At == "" || time.Since(begun) > patience {
			r.kill()
			r.Fatalf("there is not %s; the program: %v\n%s", what, r.err, r.output)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (r *running) noted(name string) bool {
	_, err := os.Stat(filepath.Join(r.spec.Notes, name))
	return err == nil
}

func (r *running) struck() bool { return r.noted(struckNote) }

// settle waits until no fit runs and all workers hold the model in service, or the program has died. Meanwhile all
// predictions must be those of a whole model.
func (r *running) settle() {
	r.Helper()
	r.await("a master that is ready", func() bool {
		if r.over() && (r.struck() || r.spec.AtStart) {
			return true
		}
		s, err := r.master.Status(r.Context())
		if err != nil {
			return false
		}
		if s.FitID != "" {
			_, _ = r.predict() // what it answers, others ask
		}
		away := slices.ContainsFunc(s.Workers, func(m api.Member) bool { return m.State != api.MemberUp })
		return !away && (s.Fit == nil || s.Fit.State != api.FitRunning)
	})
}

// predict predicts, and compares with what the model has said before. It returns the model's ID, if there was an answer
// by all workers.
func (r *running) predict() (id string, err error) {
	r.Helper()
	x := mat.NewDense(5, 2, []float64{0.5, -1, 2, 1, -0.3, 0.2, 1.5, 0.1, -2, 0.7})
	answer, err := r.master.Predict(r.Context(), []string{"b", "a"}, x)
	if err != nil || len(answer.Failures) > 0 {
		return "", err
	}
	if before := r.seen[answer.FitID]; before == nil {
		r.seen[answer.FitID] = answer.Y.Values
	} else if !slices.Equal(before, answer.Y.Values) {
		r.Errorf("the model %s has predicted %v, and predicts %v", answer.FitID, before, answer.Y.Values)
	}
	return answer.FitID, nil
}

// expect requires that a model serves, by all workers.
func (r *running) expect(id string) {
	r.Helper()
	if got, err := r.predict(); err != nil || got != id {
		r.kill()
		r.Errorf("the model %q serves (%v), want %q\n%s", got, err, id, r.output)
	}
}

// fit fits without a fault.
func (r *running) fit() string {
	r.Helper()
	result, err := r.master.Fit(r.Context())
	r.must(err)
	if len(result.Failures) > 0 {
		r.Fatalf("a fit without faults was not whole: %v", result.Failures)
	}
	return result.FitID
}

// until does what the program dies in, until that has happened or all is done, and returns the new fit's ID.
func (r *running) until(old string) (fresh string) {
	r.Helper()
	if r.While == whileServe {
		fresh = r.fit()
		r.expect(fresh)
	}
	r.must(r.cmd.Process.Signal(syscall.SIGUSR1))
	r.await("a note that it counts", func() bool { return r.noted(armedNote) })
	if r.While == whileServe {
		for _, id := range []string{old, fresh, old, fresh, old, fresh} {
			if _, err := r.master.ServeModel(r.Context(), id); err != nil && !r.struck() {
				r.Errorf("the model %s is not put into service: %v", id, err)
			}
			if r.struck() {
				break
			}
		}
		return fresh
	}
	id, err := r.master.StartFit(r.Context())
	if err != nil { // it died before the answer
		if !r.struck() {
			r.Errorf("no fit was begun: %v", err)
		}
		return r.begun()
	}
	r.await("an end of the fit", func() bool {
		if r.struck() && r.Death.Victim != killWorker {
			return true
		}
		job, err := r.master.Job(r.Context())
		return err == nil && job.State != api.FitRunning
	})
	return id
}

// begun is the fit that a dead program had begun, if it came so far.
func (p *project) begun() string {
	all, err := filepath.Glob(filepath.Join(p.dir, checkpointsFolder, "run-*", "*", "fit.json"))
	p.must(err)
	if len(all) == 0 {
		return ""
	}
	return filepath.Base(filepath.Dir(all[0]))
}

// recover waits until a program of which a worker was killed is whole, and reports whether its fit is, too.
func (r *running) recover(old, fresh string) bool {
	r.Helper()
	var id string
	r.await("a prediction by all workers", func() (whole bool) { // the master may not have noticed the end yet
		r.settle()
		var err error
		id, err = r.predict()
		return err == nil && id != ""
	})
	if id != old && id != fresh {
		r.Errorf("after the end of a worker the model %q serves", id)
	}
	job, err := r.master.Job(r.Context())
	r.must(err)
	if job == nil || job.Result == nil {
		return true
	}
	return len(job.Result.Failures) == 0 && !slices.ContainsFunc(job.Result.Workers, func(w api.WorkerFit) bool { return w.Missed > 0 })
}

// hit says if a death has not come.
func (p *project) hit(r *running) {
	if !r.struck() {
		p.Logf("%v: it did not come so far, and was killed at rest", r.spec.Death)
	}
}

// kill kills the program, if it lives, and waits until its workers have ended by themselves.
func (r *running) kill() {
	r.Helper()
	_ = r.cmd.Process.Kill() // fails only if it has ended
	<-r.ended
	r.gone()
}

// stop asks the program to end.
func (r *running) stop() {
	r.Helper()
	r.must(r.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-r.ended:
	case <-time.After(patience):
		r.kill()
		r.Fatalf("the program did not end\n%s", r.output)
	}
	if r.err != nil {
		r.Fatalf("the program ended with %v\n%s", r.err, r.output)
	}
	r.gone()
}

// gone waits until no process of the project is left.
func (r *running) gone() {
	r.Helper()
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		pids := processesOf(r.T, r.dir)
		if len(pids) == 0 {
			return
		}
		if time.Since(begun) > patience {
			r.Fatalf("the processes %v are left", pids)
		}
	}
}

// left is what a dead program has left: the model in service, and the fit that is to be gone on with.
func (p *project) left() (serves, resumed string) {
	p.Helper()
	store, err := models.Open(p.Context(), "", p.dir)
	p.must(err)
	serves, err = store.Serving(p.Context())
	p.must(err)
	p.must(store.Close())
	return serves, p.begun()
}

// notWhole are the files of the project that are not whole.
func (p *project) notWhole() (paths []string) {
	p.Helper()
	p.must(filepath.WalkDir(p.dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // it has become whole meanwhile
			return nil
		}
		if err == nil && (strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), ".tmp") || strings.HasSuffix(e.Name(), ".partial")) {
			paths = append(paths, path)
		}
		return err
	}))
	return paths
}

// tidy looks for what a program that has settled should not have in its project. A temporary file may be of something that it is still
// writing, such as the events of its last fit; it is left if it stays.
func (p *project) tidy(r *running) {
	p.Helper()
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		left := p.notWhole()
		if len(left) == 0 {
			break
		}
		if time.Since(begun) > patience {
			p.Errorf("temporary files are left: %v", left)
			break
		}
	}
	runs, err := filepath.Glob(filepath.Join(p.dir, checkpointsFolder, "*"))
	p.must(err)
	if len(runs) > 2 { // its own folder, and the lock of that
		p.Errorf("checkpoints are left: %v", runs)
	}
	if fits, err := filepath.Glob(filepath.Join(p.dir, checkpointsFolder, "*", "*T*")); err != nil || len(fits) > 0 {
		p.Errorf("checkpoints are left: %v, %v", fits, err)
	}
	all, err := filepath.Glob(filepath.Join(p.dir, modelsFolder, "*T*"))
	p.must(err)
	for _, dir := range all {
		if _, err := os.Stat(filepath.Join(dir, "manifest.json")); err != nil {
			p.Errorf("parts of no model are left: %v", err)
		}
	}
	listing, err := r.master.Models(r.Context())
	p.must(err)
	for _, m := range listing.Models {
		if len(listing.Damaged) > 0 {
			p.Errorf("models are damaged beside %v: %v", m.ID, listing.Damaged)
		}
	}
}

// lockable requires that another program can store models, and that nothing is left of the last one.
func (p *project) lockable() {
	p.Helper()
	ctx, end := context.WithTimeout(p.Context(), patience)
	defer end()
	store, err := models.Open(ctx, "", p.dir)
	p.must(err)
	p.must(store.Lock(ctx))
	p.must(store.Close())
	if entries, err := os.ReadDir(p.temporary); err != nil || len(entries) > 0 {
		p.Errorf("temporary files are left: %v, %v", entries, err)
	}
	if runs, err := filepath.Glob(filepath.Join(p.dir, checkpointsFolder)); err != nil || len(runs) > 0 {
		p.Errorf("checkpoints are left: %v, %v", fmt.Sprint(runs), err)
	}
}
