package exported

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/distribute/summation"
	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
)

// Model decodes a stored model into its learners. The error is an *export.Error if the model is one that cannot be exported,
// a *MissingLearnerError if a learner is not linked, and a *models.DamagedError if what is stored of it cannot be used.
func Model(ctx context.Context, s *models.Store, m *models.Manifest) (*export.Model, error) {
	return modelOf(ctx, s, m, registry.Default)
}

func modelOf(ctx context.Context, s *models.Store, m *models.Manifest, learners *registry.Registry) (*export.Model, error) {
	if m.Config == "" {
		return nil, refuse("it was stored by a version of Chimera (%s) that did not say how its answers are made: fit it again", m.Version)
	}
	for _, w := range m.Workers {
		if w.Learner == "" {
			continue
		}
		if _, err := learners.Lookup(w.Learner); err != nil {
			return nil, &MissingLearnerError{Learner: w.Learner, Worker: w.Name, Err: err}
		}
	}
	cfg, err := config.Parse("chimera.yaml of model "+m.ID, []byte(m.Config), config.Options{Catalogue: learners})
	if err != nil {
		return nil, err
	}
	if !slices.EqualFunc(cfg.Workers, m.Workers, func(c config.Worker, w models.Worker) bool { return c.Name == w.Name }) {
		return nil, &models.DamagedError{File: "the manifest of model " + m.ID, Err: errors.New("its workers are not those of the chimera.yaml in it")}
	}
	r := &reader{store: s, manifest: m, config: cfg, learners: learners, model: &export.Model{
		Name: m.Project, Features: m.Model.Features, Classes: m.Model.Classes, Preparation: m.Model.Preparation, Threshold: cfg.Threshold,
	}}
	switch m.Kind {
	case aggregation.Name:
		err = r.aggregation(ctx)
	case parameterserver.Name:
		err = r.ofMaster(ctx, parameterserver.ModelPart, r.parameterServer)
	case pipeline.Name:
		err = r.pipeline(ctx)
	case summation.Name:
		err = r.ofMaster(ctx, summation.ModelPart, r.summation)
	default:
		err = refuse("its master is of the kind %s, whose stored parts are not known here", m.Kind)
	}
	if err != nil {
		return nil, err
	}
	return r.model, nil
}

// MissingLearnerError reports that a learner of the model is not linked.
type MissingLearnerError struct {
	Learner, Worker string
	Err             error
}

// Error says what to do.
func (e *MissingLearnerError) Error() string {
	return fmt.Sprintf("the model of worker %s is of the learner %q, which this command line does not link: learners of this module but golearn's can be "+
		"exported, and a project's own that its packages: register", e.Worker, e.Learner)
}

// Unwrap returns the error of the registry.
func (e *MissingLearnerError) Unwrap() error { return e.Err }

func refuse(format string, args ...any) error {
	return &export.Error{Reason: fmt.Sprintf(format, args...)}
}

// reader decodes one model.
type reader struct {
	store    *models.Store
	manifest *models.Manifest
	config   *config.Config
	learners *registry.Registry
	model    *export.Model
}

// schema is what the learners were fitted to.
func (r *reader) schema() learner.Schema {
	return learner.Schema{Features: r.model.Features, Classes: r.model.Classes}
}

// part is the description of what is stored of a worker, or of the master; nil if it took no part in the fit.
func (r *reader) part(name string) *models.Part {
	for i := range r.manifest.Parts {
		if p := &r.manifest.Parts[i]; p.Name == name {
			return p
		}
	}
	return nil
}

// ofMaster makes one member of what is stored of the master: decode makes it of the part's text.
func (r *reader) ofMaster(ctx context.Context, name string, decode func(text []byte) (*export.Member, error)) error {
	p := r.part(name)
	if p == nil {
		return r.damaged(name, errors.New("the manifest has none"))
	}
	text, err := r.read(ctx, p)
	if err != nil {
		return err
	}
	member, err := decode(text)
	if err != nil {
		return r.damaged(p.Name, err)
	}
	r.model.Members = []export.Member{*member}
	return r.model.Check()
}

// read reads a part, held to its checksum.
func (r *reader) read(ctx context.Context, p *models.Part) (text []byte, err error) {
	if p.Refit != "" {
		return nil, &export.Error{Member: p.Name, Reason: "nothing is stored of it: " + p.Refit}
	}
	from, err := r.store.Open(ctx, r.manifest, *p)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	return io.ReadAll(from)
}

// damaged says that a part is not what a part of this kind can be.
func (r *reader) damaged(name string, err error) error {
	return &models.DamagedError{File: fmt.Sprintf("the part of %s of model %s", name, r.manifest.ID), Err: err}
}
