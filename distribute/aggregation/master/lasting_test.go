package master_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	_ "github.com/gochimera/chimera/learner/knn"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// lasting is a project whose models are stored in a folder, with workers that count what they are asked.
type lasting struct {
	*mastertest.Cluster
	yaml   string
	reg    *registry.Registry
	bucket *failing
	fits   []atomic.Int32                             // asked of each worker, as far as they reached it
	before atomic.Pointer[func(r *http.Request) bool] // says of a request whether it is answered; nil for all
}

// newLasting starts workers over mixed rows, and a master. Each worker has a learner of its own.
func newLasting(t *testing.T, reg *registry.Registry, yaml string, learners ...string) *lasting {
	t.Helper()
	folder, err := models.OpenFolder(filepath.Join(t.TempDir(), "models"))
	if err != nil {
		t.Fatal(err)
	}
	l := &lasting{Cluster: mastertest.New(t, master.New()), reg: reg, bucket: &failing{Bucket: folder}, fits: make([]atomic.Int32, len(learners))}
	l.Dir, l.Models = t.TempDir(), models.NewStore(l.bucket)
	rows, targets := mastertest.Mixed(60, true)
	list := ""
	for i, shard := range mastertest.MixedShards(rows, targets, len(learners)) {
		dir, name := t.TempDir(), fmt.Sprintf("w%d", i+1)
		mastertest.Write(t, filepath.Join(dir, "X_train.csv"), shard.X)
		mastertest.Write(t, filepath.Join(dir, "y_train.csv"), shard.Y)
		spec := workers.Spec{Name: name, Role: workers.ModelRole, Project: "test", Learner: learners[i], Seed: uint64(i), Bootstrap: true}
		made := mastertest.Made(t, spec, reg, dir)
		l.Add(name, func() http.Handler {
			honest := made()
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if before := l.before.Load(); before != nil && !(*before)(r) {
					panic(http.ErrAbortHandler)
				}
				if r.URL.Path == aggregation.PathFit {
					l.fits[i].Add(1)
				}
				honest.ServeHTTP(w, r)
			})
		})
		list += fmt.Sprintf("  - {name: %s, learner: %s}\n", name, learners[i])
	}
	l.yaml = "workers:\n" + list + yaml
	l.Serve(l.yaml, reg)
	return l
}

// restart stops the master, and starts another over the same folders.
func (l *lasting) restart() {
	l.T.Helper()
	l.Over(master.New())
	l.Serve(l.yaml, l.reg)
}

// renew starts all workers anew, without models.
func (l *lasting) renew() {
	l.T.Helper()
	for _, w := range l.Workers {
		w.Kill()
		w.Start(l.T)
	}
}

func (l *lasting) settle() {
	l.T.Helper()
	for _, w := range l.Workers {
		l.Settled(w.Name, api.MemberUp)
	}
}

// asked are rows to predict for.
func asked() string {
	rows, _ := mastertest.Mixed(20, true)
	return mastertest.MixedRequest(rows)
}

// answers is a prediction without what is not of the model.
func (l *lasting) answers() (fitID, text string) {
	l.T.Helper()
	p := l.Predict(asked())
	return p.FitID, answer(p)
}

func answer(p api.PredictResponse) string {
	text, err := json.Marshal([]any{p.Y, p.Proba, p.Labels, p.Workers, p.Failures})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (l *lasting) counted() (fits []int32) {
	for i := range l.fits {
		fits = append(fits, l.fits[i].Load())
	}
	return fits
}

// serve puts a stored model into service.
func (l *lasting) serve(id string) error {
	l.T.Helper()
	if status, body := l.Post(api.PathModels+"/"+id+"/serve", ""); status != http.StatusOK {
		return errors.New(body)
	}
	return nil
}

// failing is a bucket that fails at every n-th write, as a full disk does.
type failing struct {
	models.Bucket
	every, writes atomic.Int64 // every 0: none fails
}

var errFull = errors.New("no space left on device")

func (b *failing) Write(ctx context.Context, name string, write func(io.Writer) error) error {
	if n := b.every.Load(); n > 0 && b.writes.Add(1)%n == 0 {
		return b.Bucket.Write(ctx, name, func(w io.Writer) error {
			if err := write(&short{w}); err != nil {
				return err
			}
			return errFull
		})
	}
	return b.Bucket.Write(ctx, name, write)
}

// short takes a part of what is written.
type short struct{ w io.Writer }

func (s *short) Write(p []byte) (int, error) {
	n, err := s.w.Write(p[:len(p)/2])
	return n, errors.Join(err, errFull)
}

var trees = []string{"tree-classifier", "tree-classifier", "tree-classifier"}

// A master that starts gives workers that have lost everything their parts back, without a fit, and with the same bits; a worker
// that comes back later gets its part too.
func TestAModelLasts(t *testing.T) {
	t.Parallel()
	l := newLasting(t, registry.Default, "", "tree-classifier", "knn-classifier", "logistic-regression")
	fit := l.Fit()
	id, want := l.answers()
	l.renew()
	l.restart()
	l.settle()
	if got, text := l.answers(); got != id || text != want || id != fit.FitID {
		t.Errorf("after the restart: %s %s, want %s %s", got, text, id, want)
	}
	l.Workers[1].Kill()
	l.Server.WorkerExited("w2", "killed by the test")
	l.Settled("w2", api.MemberDown)
	l.Workers[1].Start(t)
	l.Settled("w2", api.MemberUp)
	if got, text := l.answers(); got != id || text != want {
		t.Errorf("after a worker came back: %s %s, want %s %s", got, text, id, want)
	}
	if fits := l.counted(); !slices.Equal(fits, []int32{1, 1, 1}) {
		t.Errorf("workers were fitted %v times, want once", fits)
	}
	if m := l.Member("w2"); m.Refitted != "" {
		t.Errorf("it is said to be fitted again: %s", m.Refitted)
	}
}

// A worker is asked to show that it is alive while its model is stored and while it is given back.
func TestStoringAsksForSignsOfLife(t *testing.T) {
	t.Parallel()
	l := newLasting(t, registry.Default, "", "tree-classifier")
	var stored, restored atomic.Bool
	watch := func(r *http.Request) bool {
		if r.URL.Path == aggregation.PathSnapshot && r.Header.Get(api.HeaderBeat) != "" {
			stored.Store(stored.Load() || r.Method == http.MethodGet)
			restored.Store(restored.Load() || r.Method == http.MethodPost)
		}
		return true
	}
	l.before.Store(&watch)
	l.Fit()
	l.renew()
	l.restart()
	l.settle()
	if !stored.Load() || !restored.Load() {
		t.Errorf("asked while it was stored: %t, while it was given back: %t", stored.Load(), restored.Load())
	}
}

// Where nothing is stored of a worker, or it is damaged, the worker is fitted again, and that is told; not if its rows have
// changed, because that would be another model.
func TestWhatIsNotStoredIsFittedAgain(t *testing.T) {
	t.Parallel()
	base := mastertest.New(t, nil).Registry()
	l := newLasting(t, base, "", "frequency", "frequency")
	fit := l.Fit()
	id, want := l.answers()
	manifest, err := l.Models.Get(t.Context(), id)
	if err != nil || len(manifest.Parts) != 2 || !strings.Contains(manifest.Parts[0].Refit, "snapshots") {
		t.Fatalf("%+v, %v", manifest, err)
	}
	l.renew()
	l.restart()
	l.settle()
	if got, text := l.answers(); got != fit.FitID || text != want {
		t.Errorf("got %s %s, want %s %s", got, text, id, want)
	}
	if m := l.Member("w1"); !strings.Contains(m.Refitted, "snapshots") {
		t.Errorf("it is not said that it was fitted again: %+v", m)
	}
}

// A damaged part is named, and its worker is fitted again.
func TestADamagedPartIsFittedAgain(t *testing.T) {
	t.Parallel()
	l := newLasting(t, registry.Default, "", trees...)
	id, want := func() (string, string) { l.Fit(); return l.answers() }()
	file := filepath.FromSlash(l.Models.Locate(id + "/parts/w2"))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	mastertest.Write(t, file, string(text))
	l.renew()
	l.restart()
	l.settle()
	if got, text := l.answers(); got != id || text != want {
		t.Errorf("got %s %s, want %s %s", got, text, id, want)
	}
	if m := l.Member("w2"); !strings.Contains(m.Refitted, filepath.Join("parts", "w2")) {
		t.Errorf("the damaged file is not named: %+v", m)
	}
	if fits := l.counted(); !slices.Equal(fits, []int32{1, 2, 1}) {
		t.Errorf("workers were fitted %v times", fits)
	}
}

// Predictions go on while models are put into service, one after the other: each is one model's answer, whole.
func TestRollingBackUnderPredictions(t *testing.T) {
	t.Parallel()
	l := newLasting(t, registry.Default, "", trees...)
	wants := map[string]string{}
	fit := func() string {
		l.Fit()
		id, text := l.answers()
		wants[id] = text
		return id
	}
	first := fit()
	rows, targets := mastertest.Mixed(90, true) // the second is of other rows
	for i, shard := range mastertest.MixedShards(rows, targets, len(trees)) {
		dir := t.TempDir()
		mastertest.Write(t, filepath.Join(dir, "X_train.csv"), shard.X)
		mastertest.Write(t, filepath.Join(dir, "y_train.csv"), shard.Y)
		spec := workers.Spec{Name: l.Workers[i].Name, Role: workers.ModelRole, Project: "test", Learner: trees[i], Seed: uint64(i), Bootstrap: true}
		l.Workers[i].Make = mastertest.Made(t, spec, registry.Default, dir)
	}
	l.renew()
	second := fit()
	if wants[first] == wants[second] {
		t.Fatal("both models answer the same: nothing is tested")
	}
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	seen := [2]atomic.Int64{}
	for range 3 {
		all.Go(func() {
			for ctx.Err() == nil {
				status, body := l.Post(l.Paths().Predict, asked())
				if status != http.StatusOK {
					t.Errorf("a prediction failed: %d %s", status, body)
					return
				}
				p := mastertest.Decode[api.PredictResponse](t, body)
				if want, known := wants[p.FitID]; !known || answer(p) != want {
					t.Errorf("fit %s answers %s, want %s", p.FitID, answer(p), want)
					return
				}
				if p.FitID == first {
					seen[0].Add(1)
				} else {
					seen[1].Add(1)
				}
			}
		})
	}
	for i := range 12 {
		id := []string{first, second}[i%2]
		if i == 7 { // one that is there already
			id = first
		}
		had := seen[i%2].Load()
		if err := l.serve(id); err != nil {
			t.Error(err)
			break
		}
		for i != 7 && seen[i%2].Load() == had && !t.Failed() && t.Context().Err() == nil { // until it has been seen to serve
			l.answers()
		}
	}
	stop()
	all.Wait()
	if at, err := l.Models.Serving(t.Context()); err != nil || at != second {
		t.Errorf("after a restart, %s would serve, want %s: %v", at, second, err)
	}
}

// A model that the quorum of workers cannot take is not put into service: the one before goes on.
func TestServingNeedsAQuorum(t *testing.T) {
	t.Parallel()
	l := newLasting(t, registry.Default, "aggregation: {quorum: 3}\n", trees...)
	first := l.Fit().FitID
	second := l.Fit().FitID
	_, want := l.answers()
	for _, path := range []string{aggregation.PathSnapshot, aggregation.PathCommit} { // the part does not come, or is not committed
		refuse := func(r *http.Request) bool { return r.URL.Path != path || r.Host != l.Workers[2].Address }
		l.before.Store(&refuse)
		if err := l.serve(first); err == nil || !strings.Contains(err.Error(), "w3") {
			t.Errorf("%s: %v", path, err)
		}
		l.before.Store(nil)
		l.settle()
		if id, text := l.answers(); id != second || text != want {
			t.Errorf("%s: %s %s, want %s %s", path, id, text, second, want)
		}
		if at, err := l.Models.Serving(t.Context()); err != nil || at != second {
			t.Errorf("%s: after a restart, %s would serve, want %s: %v", path, at, second, err)
		}
	}
	if err := l.serve(first); err != nil {
		t.Error(err)
	}
}

// A disk that fills up fails the fit, whatever it was that could not be written: the old model serves, also after a restart, and
// nothing older is lost.
func TestAFullDiskKeepsTheOldModel(t *testing.T) {
	t.Parallel()
	l := newLasting(t, registry.Default, "", trees...)
	l.Fit()
	id, want := l.answers()
	older, err := l.Models.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n := int64(1); n <= 5; n++ { // three parts, the manifest, and which one serves
		l.bucket.writes.Store(0)
		l.bucket.every.Store(n)
		p := l.Problem(l.Paths().Fit, "", http.StatusInsufficientStorage)
		if p.Code != api.CodeNotStored || !strings.Contains(p.Detail, errFull.Error()) {
			t.Errorf("write %d: %+v", n, p)
		}
		l.bucket.every.Store(0)
		if got, text := l.answers(); got != id || text != want {
			t.Errorf("write %d: %s %s, want %s %s", n, got, text, id, want)
		}
		left, err := l.Models.List(t.Context())
		if at, servingErr := l.Models.Serving(t.Context()); err != nil || servingErr != nil || at != id || len(left) != len(older) || left[0].ID != id {
			t.Errorf("write %d: %d models, %s serves: %v", n, len(left), at, errors.Join(err, servingErr))
		}
	}
	l.renew()
	l.restart()
	l.settle()
	if got, text := l.answers(); got != id || text != want {
		t.Errorf("after a restart: %s %s, want %s %s", got, text, id, want)
	}
	if again := l.Fit(); again.FitID == id {
		t.Error("no new fit")
	}
}

// A fit in whose middle the program is ended goes on where it was: what workers had learned is not learned again, the old model
// serves meanwhile, and the new one has the bits of a fit that nothing disturbs.
func TestAnInterruptedFitGoesOn(t *testing.T) {
	t.Parallel()
	l := newLasting(t, registry.Default, "", trees...)
	l.Fit()
	id, want := l.answers() // of any fit, since the rows stay
	held, killed, release := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var asked3 atomic.Int32
	hold := func(r *http.Request) bool {
		if r.URL.Path != aggregation.PathFit || r.Host != l.Workers[2].Address {
			return true
		}
		if asked3.Add(1) == 1 {
			close(held)
			<-killed
			return false
		}
		<-release
		return true
	}
	l.before.Store(&hold)
	events, stop := l.Server.Events()
	_, body := l.Post(l.Paths().Fit+"?wait=false", "")
	begun := mastertest.Decode[api.FitResponse](t, body).FitID
	<-held
	for done := 0; done < 2; { // the others have fitted, and are stored
		if e, is := (<-events).Event.(api.WorkerFittedEvent); is && e.FitID == begun {
			done++
		}
	}
	stop()
	l.Over(master.New())
	close(killed)
	l.renew()
	l.Serve(l.yaml, l.reg)
	for w := range 2 { // beside the fit, which waits for the third
		l.Settled(fmt.Sprintf("w%d", w+1), api.MemberUp)
	}
	if got := l.Predict(asked()).FitID; got != id {
		t.Errorf("meanwhile fit %s serves, want %s", got, id)
	}
	close(release)
	mastertest.Event(l.Cluster, func(e api.FitCommittedEvent) bool { return e.FitID == begun && e.Workers == 3 })
	if got, text := l.answers(); got != begun || text != want {
		t.Errorf("%s %s, want %s %s", got, text, begun, want)
	}
	if fits := l.counted(); !slices.Equal(fits, []int32{2, 2, 2}) {
		t.Errorf("workers were fitted %v times, want each once for each fit", fits)
	}
	l.renew()
	l.restart()
	l.settle()
	if got, text := l.answers(); got != begun || text != want {
		t.Errorf("after another restart: %s %s, want %s %s", got, text, begun, want)
	}
}
