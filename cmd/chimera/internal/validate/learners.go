package validate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"strings"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/gen"
	"github.com/gochimera/chimera/internal/gobuild"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// BuildError is workers that do not build.
type BuildError struct{ Output string } // of the compiler

// Error is what the compiler says.
func (e *BuildError) Error() string {
	return "the workers with learners of your own do not build:\n" + strings.TrimSpace(e.Output)
}

// Learners asks the workers whose learners are the project's own whether they
// and their parameters are right, and returns what is known of each worker's learner, in
// the order of the workers; nil where nothing is. The error is a config.Errors
// with the places in chimera.yaml, beside what is known nevertheless, or a
// *BuildError.
func Learners(ctx context.Context, cfg *config.Config) ([]*registry.Info, error) {
	infos := make([]*registry.Info, len(cfg.Workers))
	var ask []int
	for i, w := range cfg.Workers {
		infos[i] = w.Info
		if w.Unchecked() && w.Generated() {
			ask = append(ask, i)
		}
	}
	if len(ask) == 0 {
		return infos, nil
	}
	texts, err := gen.Texts(cfg)
	if err != nil {
		return nil, err
	}
	mains := map[string][]byte{}
	for _, i := range ask {
		folder := path.Join(config.WorkersFolder, cfg.Workers[i].Name)
		mains[folder] = texts[path.Join(folder, "main.go")]
	}
	built, err := build(ctx, cfg, mains)
	if err != nil {
		return nil, err
	}
	var problems config.Errors
	for _, i := range ask {
		d, err := describe(ctx, built[path.Join(config.WorkersFolder, cfg.Workers[i].Name)])
		if err != nil {
			return nil, fmt.Errorf("asking worker %s about its learner: %w", cfg.Workers[i].Name, err)
		}
		infos[i] = d.Learner
		var bad config.Errors
		switch err := cfg.CheckWorker(i, answer{d}); {
		case errors.As(err, &bad):
			problems = append(problems, bad...)
		case err != nil:
			return nil, err
		}
	}
	if len(problems) > 0 {
		return infos, problems
	}
	return infos, nil
}

// build builds workers of the main packages that they would have, by folder.
func build(ctx context.Context, cfg *config.Config, mains map[string][]byte) (map[string]string, error) {
	built, err := gobuild.Texts(ctx, cfg.Dir, mains)
	var failed *gobuild.Error
	switch {
	case errors.As(err, &failed) && failed.Output != "":
		return nil, &BuildError{failed.Output}
	case errors.As(err, &failed):
		return nil, fmt.Errorf("the go command cannot be run, and workers with learners of your own need it: %w", failed.Err)
	default:
		return built, err
	}
}

// describe asks a built worker what it is.
func describe(ctx context.Context, program string) (*workers.Description, error) {
	cmd := exec.CommandContext(ctx, program, "describe")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w\n%s", err, strings.TrimSpace(stderr.String()))
	}
	d := new(workers.Description)
	if err := json.Unmarshal(out, d); err != nil {
		return nil, err
	}
	return d, nil
}

// answer is a worker's description as a catalogue of the learners it links.
type answer struct{ *workers.Description }

var _ config.Catalogue = answer{}

// List describes the learners that the worker links.
func (a answer) List() []registry.Info { return a.Known }

// Lookup describes one of them.
func (a answer) Lookup(name string) (registry.Info, error) {
	known := make([]string, len(a.Known))
	for i, info := range a.Known {
		if info.Name == name {
			return info, nil
		}
		known[i] = info.Name
	}
	return registry.Info{}, &registry.UnknownError{Name: name, Known: known}
}

// Check is what the worker itself answered about its learner's parameters.
func (a answer) Check(name string, _ json.RawMessage) error {
	if len(a.Params) > 0 {
		bad := &registry.ParamsError{Learner: name}
		for _, p := range a.Params {
			bad.Violations = append(bad.Violations, registry.Violation{Param: p.Param, Reason: p.Reason})
		}
		return bad
	}
	if a.Problem != "" {
		return errors.New(a.Problem)
	}
	return nil
}
