package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/masters/checkpoint"
	"github.com/gochimera/chimera/models"
)

// Lasting is a Master whose models are stored, so that they outlive it. Its Fit
// stores what it has made with Fit.StorePart and Fit.Keep.
type Lasting interface {
	Master

	// Adopt puts a stored model into service when the master starts. No member has been called before, and
	// none is by Adopt: they are outdated then, and CatchUp gives them their parts.
	Adopt(ctx context.Context, stored *Stored) error

	// Serve puts a stored model into service in place of another, without a gap in predictions. Like a fit,
	// it leaves the old model in service if it fails, and calls f.Keeping before the new one is.
	Serve(ctx context.Context, f *Fit, stored *Stored) error
}

// Stored is a stored model.
type Stored struct {
	*models.Manifest
	store  *models.Store
	turn   *semaphore.Weighted // bytes of parts that are in memory
	copied bool                // it is a copy of this program
}

// stored opens a stored model.
func (c *Cluster) stored(ctx context.Context, id string) (*Stored, error) {
	m, err := c.setup.Models.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return &Stored{Manifest: m, store: c.setup.Models, turn: c.turn}, nil
}

// ServedModel is the stored model as a kind of master serves it.
func (s *Stored) ServedModel() Model {
	m := s.Model
	model := Model{
		FitID: s.ID, Task: m.Task, Features: m.Features, Classes: m.Classes, Baseline: m.Baseline, Rows: m.Rows,
		Columns: m.Columns, Preparation: m.Preparation, firsts: m.FirstRows, centers: m.Centers,
	}
	if m.Question != nil {
		model.question = *m.Question
	}
	return model
}

// Part is the entry of a part, and whether there is one.
func (s *Stored) Part(name string) (models.Part, bool) {
	i := slices.IndexFunc(s.Parts, func(p models.Part) bool { return p.Name == name })
	if i < 0 {
		return models.Part{}, false
	}
	return s.Parts[i], true
}

// RefitError reports that nothing is stored of a worker, which is to be fitted
// again.
type RefitError struct{ Worker, Reason string }

// Error says why.
func (e *RefitError) Error() string {
	return fmt.Sprintf("nothing is stored of worker %s: %s", e.Worker, e.Reason)
}

// Read reads a part. The error is a *RefitError if there is none, and a
// *models.DamagedError if it is not what was stored.
func (s *Stored) Read(ctx context.Context, name string) (part []byte, err error) {
	r, err := s.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var b bytes.Buffer // grows with what is there, not with what is announced
	if _, err := io.Copy(&b, r); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (s *Stored) open(ctx context.Context, name string) (io.ReadCloser, error) {
	entry, ok := s.Part(name)
	switch {
	case !ok:
		return nil, &RefitError{name, "it did not take part in the fit"}
	case entry.Refit != "":
		return nil, &RefitError{name, entry.Refit}
	}
	return s.store.Open(ctx, s.Manifest, entry)
}

// Check reads a part without keeping it. Errors are those of Read.
func (s *Stored) Check(ctx context.Context, name string) error {
	r, err := s.open(ctx, name)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}

// Repair puts what write writes in place of a part that is damaged. It is
// refused if it is not what was stored.
func (s *Stored) Repair(ctx context.Context, name string, write func(io.Writer) error) error {
	part, ok := s.Part(name)
	if !ok {
		return &RefitError{name, "it did not take part in the fit"}
	}
	return s.store.Repair(ctx, s.Manifest, part, write)
}

// Drop removes a copy that Fit.KeepCopy made, when it is not in service any more.
// A model of the store stays.
func (s *Stored) Drop(ctx context.Context) error {
	if s == nil || !s.copied {
		return nil
	}
	return s.store.Remove(ctx, s.ID)
}

// Deliver sends a member its part, which is the frame of a request to an
// endpoint. Few parts are in memory at a time. Errors of reading it are those of
// Read.
func Deliver[Q, A any](ctx context.Context, c *Cluster, m *Member, s *Stored, e endpoint.Endpoint[Q, A]) (answer A, err error) {
	entry, _ := s.Part(m.Name)
	done, err := takeTurn(ctx, s.turn, entry.Size)
	if err != nil {
		return answer, err
	}
	defer done()
	part, err := s.Read(ctx, m.Name)
	if err != nil {
		return answer, err
	}
	message := NewMessage(e)
	message.Encoded(part)
	r := Send(ctx, c, m, message, nil)
	return r.Value, r.Err
}

// partsMemory is how many bytes the parts have together that are delivered at the same time, unless a single one has more.
const partsMemory = 256 << 20

// takeTurn waits until so many bytes may be read into memory.
func takeTurn(ctx context.Context, turn *semaphore.Weighted, bytes int64) (done func(), err error) {
	bytes = min(bytes, partsMemory)
	if err := turn.Acquire(ctx, bytes); err != nil {
		return nil, context.Cause(ctx)
	}
	return func() { turn.Release(bytes) }, nil
}

// keeping is what a fit has stored so far.
type keeping struct {
	mu     sync.Mutex
	store  *models.Store // where it is stored
	draft  *models.Draft // nil if nothing is stored
	parts  map[string]models.Part
	before string  // the model that was in service
	serves bool    // this one is, after a restart
	kept   *Stored // the model, when it is stored whole
	copy   bool    // it is stored as a copy of this program, if it is not stored otherwise
}

// Keeps reports whether the model of this fit is stored. If not, StorePart and
// Keep do nothing, unless KeepCopy was called.
func (f *Fit) Keeps() bool { return f.setup.Models != nil && f.setup.Unkept == "" }

// KeepCopy lets StorePart and Keep store a model that is not stored otherwise in
// this program's folder of checkpoints, so that a member can be given its part
// again. The copy ends with the program, or with Stored.Drop.
func (f *Fit) KeepCopy() { f.keeping.copy = true }

// Stored is the model that Keep has stored; nil if it has not.
func (f *Fit) Stored() *Stored { return f.keeping.kept }

// place is where the model is stored; nil if it is not.
func (f *Fit) place() (*models.Store, error) {
	switch {
	case f.Keeps():
		return f.setup.Models, nil
	case !f.keeping.copy:
		return nil, nil
	}
	dir, err := f.saved.Copies()
	if err != nil {
		return nil, err
	}
	bucket, err := models.OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	return models.NewStore(bucket), nil
}

// StorePart stores a part of the fit's model, which is what write writes. Parts
// may be stored at the same time, and replaced. The error is a problem.
func (f *Fit) StorePart(ctx context.Context, name string, write func(io.Writer) error) error {
	draft, err := f.draft()
	if err != nil {
		return f.notStored(err)
	}
	if draft == nil {
		return nil
	}
	part, err := draft.Write(ctx, name, write)
	if err != nil {
		return f.notStored(err)
	}
	f.keeping.mu.Lock()
	defer f.keeping.mu.Unlock()
	f.keeping.parts[name] = part
	return nil
}

// Refit records that nothing can be stored of a worker, and why.
func (f *Fit) Refit(worker, reason string) {
	f.keeping.mu.Lock()
	defer f.keeping.mu.Unlock()
	if f.keeping.parts == nil {
		f.keeping.parts = map[string]models.Part{}
	}
	f.keeping.parts[worker] = models.Part{Name: worker, Refit: reason}
}

// draft is nil if nothing is to be stored.
func (f *Fit) draft() (*models.Draft, error) {
	f.keeping.mu.Lock()
	defer f.keeping.mu.Unlock()
	if f.keeping.draft == nil {
		store, err := f.place()
		if err != nil || store == nil {
			return nil, err
		}
		d, err := store.Draft(f.ID)
		if err != nil {
			return nil, err
		}
		f.keeping.store, f.keeping.draft = store, d
		if f.keeping.parts == nil {
			f.keeping.parts = map[string]models.Part{}
		}
	}
	return f.keeping.draft, nil
}

// Keep makes the stored parts a model, which is in service after a restart from
// now on. A kind of master calls it when nothing else can fail any more but to
// tell its members, and puts the model into service afterwards, or calls
// Unkeep. state is what the kind adds; report is the fit's answer, so far. The
// error is a problem: the fit fails, and the old model stays.
func (f *Fit) Keep(ctx context.Context, model *Model, state any, report *api.FitResponse) error {
	draft, err := f.draft()
	if err != nil {
		return f.notStored(err)
	}
	if draft == nil {
		return nil
	}
	manifest, err := f.manifest(model, state, report)
	if err == nil {
		err = draft.Commit(ctx, manifest)
	}
	if err != nil {
		return f.notStored(err)
	}
	f.keeping.kept = &Stored{Manifest: manifest, store: f.keeping.store, turn: f.turn, copied: !f.Keeps()}
	return f.Keeping(ctx)
}

// Keeping records that the model of this fit is the one in service after a
// restart.
func (f *Fit) Keeping(ctx context.Context) (err error) {
	if !f.Keeps() {
		return nil
	}
	if f.keeping.before, err = f.setup.Models.Serving(ctx); err == nil {
		err = f.setup.Models.SetServing(ctx, f.ID)
	}
	if err != nil {
		return f.notStored(err)
	}
	f.keeping.serves = true
	return nil
}

// Unkeep takes back what Keep or Keeping did, also if it did only a part of it
// and failed, since the model could not be put into service.
func (f *Fit) Unkeep(ctx context.Context) {
	if !f.Keeps() {
		return
	}
	var err error
	if f.keeping.serves {
		f.keeping.serves = false
		err = f.setup.Models.SetServing(ctx, f.keeping.before)
	}
	if f.keeping.kept != nil {
		f.keeping.kept = nil
		err = errors.Join(err, f.setup.Models.Remove(ctx, f.ID))
	}
	if err != nil {
		f.Log.Warn("a stored model could not be taken back", "fit_id", f.ID, "error", err)
	}
}

// abandon removes the parts of a model that did not become one.
func (f *Fit) abandon(ctx context.Context) {
	if f.keeping.kept != nil {
		return
	}
	draft := f.keeping.draft
	var err error
	if draft == nil && f.Resumed { // what an earlier program had stored
		draft, err = f.draft()
	}
	if err == nil && draft != nil {
		err = draft.Abort(ctx)
	}
	if err != nil {
		f.Log.Warn("parts of a model could not be removed", "fit_id", f.ID, "error", err)
	}
}

// notStored is the problem of a model that cannot be stored.
func (f *Fit) notStored(err error) error {
	p := api.Problemf(api.CodeNotStored, "The model could not be stored: %v. The model that served before, if any, stays in service. "+
		"Free space or choose another place (models.store in chimera.yaml), or set it to none.", err)
	p.FitID = f.ID
	return p
}

// manifest describes the fit's model.
func (f *Fit) manifest(model *Model, state any, report *api.FitResponse) (*models.Manifest, error) {
	cfg := f.Config()
	m := &models.Manifest{
		Created: time.Now().UTC(), Project: cfg.Project, Kind: f.master.Kind(), Version: f.setup.Version, Go: runtime.Version(),
		Seed: cfg.Seed, ConfigHash: cfg.FitHash(), Config: cfg.ServingYAML(), Workers: f.workers(), Report: f.complete(report, model),
		Model: models.Model{
			Task: model.Task, Features: model.Features, Classes: model.Classes, Baseline: model.Baseline, Rows: model.Rows,
			Columns: model.Columns, Preparation: model.Preparation, FirstRows: model.firsts, Centers: model.centers,
		},
	}
	if model.Preparation != nil {
		m.Model.Question = &model.question
	}
	if state != nil {
		text, err := json.Marshal(state)
		if err != nil {
			return nil, err
		}
		m.State = text
	}
	for _, member := range f.Members {
		if p, ok := f.keeping.parts[member.Name]; ok {
			m.Parts = append(m.Parts, p)
		}
	}
	for name, p := range f.keeping.parts { // what is no member's: the master's own
		if !slices.ContainsFunc(f.Members, func(m *Member) bool { return m.Name == name }) {
			m.Parts = append(m.Parts, p)
		}
	}
	return m, nil
}

// workers describes the members for a manifest.
func (f *Fit) workers() []models.Worker {
	all := make([]models.Worker, len(f.Members))
	for i, m := range f.Members {
		w := f.Config().Workers[i]
		all[i] = models.Worker{Name: m.Name, Learner: w.Learner, Params: json.RawMessage(w.Params.JSON()), Weight: w.Weight, Python: m.IsPython()}
		if s := f.Schemas[i]; s != nil && f.failures[i] == nil {
			all[i].Learner, all[i].Rows, all[i].RowsSum, all[i].ConfigHash = s.Learner, s.Rows, s.RowsSum, s.ConfigHash
		}
	}
	return all
}

// adopt puts the stored model that was in service into service again. A master that is to fit too can do without.
func (s *Server) adopt(ctx context.Context) error {
	store := s.setup.Models
	if store == nil {
		return nil
	}
	id, err := store.Serving(ctx)
	if err != nil || id == "" {
		return err
	}
	lasting, ok := s.master.(Lasting)
	if !ok {
		return nil
	}
	stored, err := s.stored(ctx, id)
	if err == nil {
		err = s.suits(stored)
	}
	if err == nil {
		err = lasting.Adopt(ctx, stored)
	}
	if err != nil {
		return fmt.Errorf("the stored model %s: %w", id, err)
	}
	s.Expect(stored)
	s.service.Store(&service{id: id, created: stored.Created, restored: true})
	s.Log.Info("a stored model is in service again", "fit_id", id, "created", stored.Created)
	return nil
}

// Expect records what took part in the fit of a stored model that is put into
// service, so that a worker that is something else is not given its part.
func (c *Cluster) Expect(s *Stored) {
	for i, m := range c.Members {
		m.expect(s.Workers[i])
	}
}

// Suits refuses a member that is not what took part in the fit, by what it says
// of itself; nil if it does not.
func (s *Stored) Suits(c *Cluster, m *Member, is *api.WorkerSchema) error {
	w := s.Workers[m.Index]
	if is == nil || (identity{w.Learner, w.ConfigHash}).suits(identityOf(is)) {
		return nil
	}
	return c.anotherError(is)
}

// suits refuses a model that was fitted by another kind of master or other workers.
func (c *Cluster) suits(s *Stored) error {
	if s.Kind != c.master.Kind() {
		return fmt.Errorf("it is the model of a master of the kind %s, and this one is %s", s.Kind, c.master.Kind())
	}
	for i, w := range c.Config().Workers {
		if i >= len(s.Workers) || s.Workers[i].Name != w.Name {
			return fmt.Errorf("it was fitted by other workers than those of this project (%s is not number %d of them)", w.Name, i+1)
		}
	}
	if len(s.Workers) != len(c.Members) {
		return fmt.Errorf("it was fitted by %d workers, and this project has %d", len(s.Workers), len(c.Members))
	}
	return nil
}

// openDir opens the folder of the fit's checkpoints. A fit can do without.
func (f *Fit) openDir() {
	dir, err := f.saved.Begin(checkpoint.Fit{ID: f.ID, Kind: f.master.Kind(), Started: f.begun.UTC(), Config: f.Config().FitHash()})
	if err != nil {
		f.Log.Warn("if the program is killed, the fit cannot be gone on with", "fit_id", f.ID, "error", err)
		return
	}
	f.Dir = dir
}
