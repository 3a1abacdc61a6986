package master_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline/master"
	"github.com/gochimera/chimera/internal/mastertest"
	masters "github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
)

// server is a master that serves a stored network instead of the next fit, if it is told to.
type server struct {
	*master.Master
	adopted *masters.Stored
	kept    *masters.Stored
	next    atomic.Pointer[masters.Stored]
}

func (s *server) Adopt(ctx context.Context, stored *masters.Stored) error {
	s.adopted = stored
	return s.Master.Adopt(ctx, stored)
}

func (s *server) Fit(ctx context.Context, f *masters.Fit) (*api.FitResponse, error) {
	if stored := s.next.Swap(nil); stored != nil {
		f.ID = stored.ID
		return &api.FitResponse{}, s.Serve(ctx, f, stored)
	}
	report, err := s.Master.Fit(ctx, f)
	s.kept = f.Stored()
	return report, err
}

// store is a store of models in a folder.
func store(t *testing.T) (*models.Store, string) {
	t.Helper()
	dir := t.TempDir()
	bucket, err := models.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return models.NewStore(bucket), dir
}

// up waits until all stages hold the network in service.
func (c *cluster) up() {
	c.T.Helper()
	for _, w := range c.Workers {
		c.Settled(w.Name, api.MemberUp)
	}
}

// TestStoredNetworkServes: the next program serves what the one before has fitted, to the bit, with stages that are
// elsewhere; a stage that is lost gets its part again, and a part that is damaged meanwhile is stored again.
func TestStoredNetworkServes(t *testing.T) {
	t.Parallel()
	d := rings(60)
	place, dir := store(t)
	l := line{learner: "mlp-classifier", params: everything, settings: quick + ", checkpoint_every: 0", models: place}
	c := l.startIn(t, t.TempDir(), d, d, d)
	fit := c.Fit()
	want, parameters := c.predict(d), c.stored()
	if slices.ContainsFunc(fit.Notes, func(n string) bool { return strings.Contains(n, "not stored") }) {
		t.Errorf("notes %q", fit.Notes)
	}
	same := func(when string) {
		t.Helper()
		got := c.predict(d)
		if got.FitID != fit.FitID || !slices.Equal(got.Proba.RawMatrix().Data, want.Proba.RawMatrix().Data) || !slices.Equal(c.stored(), parameters) {
			t.Errorf("%s: fit %s predicts otherwise than %s did", when, got.FitID, fit.FitID)
		}
	}
	c.again(master.New(), c.yaml)
	c.up()
	same("after a restart")

	part := filepath.Join(dir, fit.FitID, "parts", "s3")
	rewrite(t, part, func(b []byte) []byte { return b[:len(b)-3] })
	c.Workers[1].Kill()
	c.Server.WorkerExited("s2", "killed by the test")
	c.Workers[1].Start(t)
	c.up()
	same("after a stage was lost")
	c.Workers[2].Kill()
	c.Server.WorkerExited("s3", "killed by the test")
	c.Workers[2].Start(t)
	c.up()
	same("after the stage was lost whose part was damaged")

	changed := strings.Replace(c.yaml, `"gelu"`, `"tanh"`, 1)
	if changed == c.yaml {
		t.Fatalf("nothing to change in %s", c.yaml)
	}
	c.again(master.New(), changed)
	if p := c.Problem(api.PathsOf("pipeline").Predict, mastertest.Request(d), http.StatusConflict); p.Code != api.CodeNotFitted {
		t.Errorf("with other parameters: %+v", p)
	}
}

// TestServeWithoutAGap: while a stored network goes into service in place of another, and back, every prediction is that of
// one of the two; one that cannot be served leaves the other alone.
func TestServeWithoutAGap(t *testing.T) {
	t.Parallel()
	d := rings(60)
	place, dir := store(t)
	l := line{learner: "mlp-classifier", params: everything, settings: quick, models: place}
	c := l.startIn(t, t.TempDir(), d, d, d)
	c.Fit()
	kind := &server{Master: master.New()}
	want := map[string][]float64{}
	one := c.predict(d)
	want[one.FitID] = one.Proba.RawMatrix().Data
	c.again(kind, strings.Replace(c.yaml, "max_iter: 6", "max_iter: 3", 1))
	c.up()
	c.Fit()
	two := c.predict(d)
	want[two.FitID] = two.Proba.RawMatrix().Data
	if len(want) != 2 || slices.Equal(want[one.FitID], want[two.FitID]) {
		t.Fatal("the networks are the same")
	}

	ctx, stop := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	var answers atomic.Int32
	for range 2 {
		asking.Go(func() {
			for ctx.Err() == nil {
				status, body := c.Post(api.PathsOf("pipeline").Predict, mastertest.Request(d))
				if status != http.StatusOK {
					t.Errorf("status %d: %s", status, body)
					return
				}
				if got := mastertest.Decode[api.PredictResponse](t, body); !slices.Equal(got.Proba.RawMatrix().Data, want[got.FitID]) {
					t.Errorf("fit %s predicts otherwise than before", got.FitID)
				}
				answers.Add(1)
			}
		})
	}
	serve := func(s *masters.Stored) (int, string) {
		for before := answers.Load(); answers.Load() == before && !t.Failed(); { // answers come between the changes
		}
		kind.next.Store(s)
		return c.Post(api.PathsOf("pipeline").Fit, "")
	}
	for range 3 {
		for _, s := range []*masters.Stored{kind.adopted, kind.kept} {
			if status, body := serve(s); status != http.StatusOK {
				t.Errorf("serve: status %d: %s", status, body)
			}
			if got := c.predict(d); got.FitID != s.ID {
				t.Errorf("fit %s serves, want %s", got.FitID, s.ID)
			}
			if id, err := place.Serving(t.Context()); id != s.ID || err != nil {
				t.Errorf("after a restart %s would serve, want %s; %v", id, s.ID, err)
			}
		}
	}
	c.Undocumented = []api.Code{api.CodeModelDamaged} // a fit serves nothing that is stored, but that of this kind
	rewrite(t, filepath.Join(dir, one.FitID, "parts", "s3"), func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
	if status, body := serve(kind.adopted); status < 400 || !strings.Contains(body, string(api.CodeModelDamaged)) || !strings.Contains(body, "s3") {
		t.Errorf("a damaged part: status %d: %s", status, body)
	}
	stop()
	asking.Wait()
	if got := c.predict(d); got.FitID != two.FitID {
		t.Errorf("fit %s serves, want %s", got.FitID, two.FitID)
	}
}

// TestFitThatCannotBeStored fails, and the network before stays in service and in the store.
func TestFitThatCannotBeStored(t *testing.T) {
	t.Parallel()
	d := rings(60)
	bucket := &full{}
	l := line{learner: "mlp-classifier", params: everything, settings: quick, models: models.NewStore(bucket)}
	folder, err := models.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	bucket.Bucket = folder
	c := l.startIn(t, t.TempDir(), d, d)
	first := c.Fit()
	for _, name := range []string{"parts/s2", "manifest.json", "serving.json"} {
		bucket.refuses.Store(&name)
		p := c.Problem(api.PathsOf("pipeline").Fit, "", http.StatusInsufficientStorage)
		if p.Code != api.CodeNotStored || !strings.Contains(p.Detail, "no space left") {
			t.Errorf("%s: %+v", name, p)
		}
		bucket.refuses.Store(nil)
		if got := c.predict(d); got.FitID != first.FitID {
			t.Errorf("%s: fit %s serves, want %s", name, got.FitID, first.FitID)
		}
		if all, err := l.models.List(t.Context()); err != nil || len(all) != 1 || all[0].ID != first.FitID {
			t.Errorf("%s: the store has %d models, %v", name, len(all), err)
		}
		for _, w := range c.Workers {
			if !idle(c, w) {
				t.Errorf("%s: stage %s still takes part in the fit", name, w.Name)
			}
		}
	}
}

// full is a bucket that has no space for one name.
type full struct {
	models.Bucket
	refuses atomic.Pointer[string]
}

func (f *full) Write(ctx context.Context, name string, write func(io.Writer) error) error {
	if end := f.refuses.Load(); end != nil && strings.HasSuffix(name, *end) {
		return errors.New("no space left")
	}
	return f.Bucket.Write(ctx, name, write)
}
