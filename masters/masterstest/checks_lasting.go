package masterstest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
)

// full is a folder of models whose disk can be full.
type full struct {
	models.Bucket
	is atomic.Bool
}

var errFull = errors.New("no space left on device")

func (b *full) Write(ctx context.Context, name string, write func(io.Writer) error) error {
	if b.is.Load() {
		return errFull
	}
	return b.Bucket.Write(ctx, name, write)
}

// lasting starts a system whose models are stored, or skips the check if the kind stores none.
func (f *fixture) lasting(t *testing.T) (*system, *full) {
	t.Helper()
	if _, lasts := f.New().(cluster.Lasting); !lasts {
		t.Skip("the kind does not implement cluster.Lasting: its models end with their master")
	}
	folder, err := models.OpenFolder(filepath.Join(t.TempDir(), "models"))
	if err != nil {
		t.Fatal(err)
	}
	disk := &full{Bucket: folder}
	return startIn(t, f.Case, f.shards, models.NewStore(disk)), disk
}

// restart replaces the master with another over the same workers and store.
func (s *system) restart(c Case) {
	s.T.Helper()
	s.Over(c.New())
	s.Serve(s.yaml, c.registry())
	for _, w := range s.workers {
		s.Settled(w.Name, api.MemberUp)
	}
}

// renew starts all workers anew, without models and over other rows.
func (s *system) renew(shards []learner.Dataset) {
	s.T.Helper()
	for i, w := range s.workers {
		w.Kill()
		w.write(s.T, shards[i])
		w.Start(s.T)
	}
}

// expect compares what serves with what served before.
func (s *system) expect(f *fixture, when, fitID, want string) {
	s.T.Helper()
	p, got := s.predict(f.request())
	if p.FitID != fitID || got != want || len(p.Failures) > 0 {
		s.T.Errorf("%s: the model %s predicts %s (failures %v), want the model %s with %s", when, p.FitID, got, p.Failures, fitID, want)
	}
}

// checkLasting restarts the master and the workers: the stored model serves again, to the bit. Another takes its place and
// gives it back without a fit, and that lasts too.
func checkLasting(t *testing.T, f *fixture) {
	s, _ := f.lasting(t)
	first := s.Fit().FitID
	_, want := s.predict(f.request())
	s.restart(f.Case)
	s.expect(f, "after a restart of the master", first, want)

	other := f.turned()
	s.renew(other)
	s.restart(f.Case)
	s.expect(f, "after a restart of everything, over other rows", first, want)

	second := s.Fit().FitID
	_, fresh := s.predict(f.request())
	if fresh == want {
		t.Fatal("two models over other rows predict the same: nothing is tested")
	}
	for _, turn := range []struct{ id, predicts string }{{first, want}, {second, fresh}, {second, fresh}, {first, want}} {
		if status, body := s.Post(api.PathModels+"/"+turn.id+"/serve", ""); status != http.StatusOK {
			t.Fatalf("serving a stored model: status %d: %s", status, body)
		}
		s.expect(f, "after it was put into service", turn.id, turn.predicts)
	}
	if p := s.Problem(api.PathModels+"/unheard-of/serve", "", http.StatusNotFound); !strings.Contains(p.Detail, "unheard-of") {
		t.Errorf("a model that is not there: %+v", p)
	}
	if status, body := s.Send(http.MethodDelete, api.PathModels+"/"+first, "", ""); status != http.StatusConflict {
		t.Errorf("removing the model in service: status %d: %s", status, body)
	}
	s.restart(f.Case)
	s.expect(f, "after it was put into service and the master started again", first, want)
}

// checkUnstored: a fit whose model cannot be stored fails, and the old model serves, also after a restart.
func checkUnstored(t *testing.T, f *fixture) {
	s, disk := f.lasting(t)
	first := s.Fit().FitID
	_, want := s.predict(f.request())
	s.renew(f.turned())
	s.restart(f.Case)
	disk.is.Store(true)
	status, body := s.Post(s.Paths().Fit, "")
	if status != http.StatusInsufficientStorage || !strings.Contains(body, errFull.Error()) {
		t.Errorf("a fit whose model cannot be stored: status %d: %s", status, body)
	}
	s.expect(f, "after a fit that could not be stored", first, want)
	disk.is.Store(false)
	s.restart(f.Case)
	s.expect(f, "after a fit that could not be stored, and a restart", first, want)
	if again := s.Fit(); again.Fit != "ok" || again.FitID == first {
		t.Errorf("a fit once there is room again: %+v", again)
	}
}

// turned are the shards with other targets.
func (f *fixture) turned() []learner.Dataset {
	turned := make([]learner.Dataset, len(f.shards))
	for i, d := range f.shards {
		y := make([]float64, len(d.Y))
		for row, v := range d.Y {
			y[row] = -v
			if d.Classes != nil {
				y[row] = 1 - v
			}
		}
		d.Y = y
		turned[i] = d
	}
	return turned
}
