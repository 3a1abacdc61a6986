package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/masters/checkpoint"
	"github.com/gochimera/chimera/models"
)

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
func (f *Fit) place(ctx context.Context) (*models.Store, error) {
	switch {
	case f.Keeps():
		return f.setup.Models, nil
	case !f.keeping.copy:
		return nil, nil
	}
	dir, err := f.saved.Copies(ctx)
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
	draft, err := f.draft(ctx)
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
	if f.Keeps() && f.Dir != "" {
		if err := f.saved.PartStored(f.Dir, name); err != nil {
			f.Log.WarnContext(ctx, "if programs end again and again, the fit may be given up though it comes further", "error", err)
		}
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
func (f *Fit) draft(ctx context.Context) (*models.Draft, error) {
	f.keeping.mu.Lock()
	defer f.keeping.mu.Unlock()
	if f.keeping.draft == nil {
		store, err := f.place(ctx)
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
// Unkeep; if Keep fails, it has done so. state is what the kind adds; report is
// the fit's answer, so far. The error is a problem: the fit fails, and the old
// model stays.
func (f *Fit) Keep(ctx context.Context, model *Model, state any, report *api.FitResponse) error {
	f.EndSteps() // storing may take long
	draft, err := f.draft(ctx)
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
// restart. If it fails, nothing is left of the fit's model.
func (f *Fit) Keeping(ctx context.Context) (err error) {
	if !f.Keeps() {
		return nil
	}
	if f.keeping.before, err = f.served(ctx); err == nil {
		f.keeping.serves = true // also if this fails: the file may be in place, and not be known to be on the disk
		err = f.setup.Models.SetServing(ctx, f.ID)
	}
	if err != nil {
		f.Unkeep(Background(ctx))
		return f.notStored(err)
	}
	return nil
}

// served is the stored model that was in service before this one. If the store cannot say it any more, since its file is damaged, it is
// the one that this program serves; that file is about to be written anew.
func (f *Fit) served(ctx context.Context) (id string, err error) {
	id, err = f.setup.Models.Serving(ctx)
	if !errors.As(err, new(*models.DamagedError)) {
		return id, err
	}
	if at := f.service.Load(); at != nil {
		id = at.id
	}
	f.Log.WarnContext(ctx, "which stored model was in service cannot be read; it is written anew", "before", id, "error", err)
	return id, nil
}

// Unkeep takes back what Keep or Keeping did, since the model could not be put
// into service. If that is because the program ends, a model that is stored
// whole stays: the next program puts it into service.
func (f *Fit) Unkeep(ctx context.Context) {
	if !f.Keeps() || f.Interrupted() {
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
		f.Log.WarnContext(ctx, "a stored model could not be taken back", "error", err)
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
		draft, err = f.draft(ctx)
	}
	if err == nil && draft != nil {
		err = draft.Abort(ctx)
	}
	if err != nil {
		f.Log.WarnContext(ctx, "parts of a model could not be removed", "error", err)
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

// openDir opens the folder of the fit's checkpoints. A fit can do without.
func (f *Fit) openDir(ctx context.Context) {
	dir, err := f.saved.Begin(ctx, checkpoint.Fit{ID: f.ID, Kind: f.master.Kind(), Started: f.begun.UTC(), Config: f.Config().FitHash()})
	if err != nil {
		f.Log.WarnContext(ctx, "if the program is killed, the fit cannot be gone on with", "error", err)
		return
	}
	f.Dir = dir
}
