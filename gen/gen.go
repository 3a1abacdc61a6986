package gen

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"

	"github.com/gochimera/chimera/config"
)

// Options say how to generate.
type Options struct {
	Check bool // only report what would change
}

// Report lists files by what was done with them, or with Options.Check what
// would be. Paths are from the project folder, with slashes, sorted.
type Report struct {
	Created   []string // they were missing
	Updated   []string // they were out of date
	Removed   []string // they were generated for workers that are gone
	Unchanged []string // they were right, and were not touched
}

// Stale lists the files that were not as they should be, sorted.
func (r Report) Stale() []string {
	return slices.Sorted(slices.Values(slices.Concat(r.Created, r.Updated, r.Removed)))
}

// Generate brings the generated files of cfg's project up to date and removes
// those of workers that are gone. A project without a chimera.yaml has none, and
// is left alone. If any file that it would replace was not generated, it
// changes nothing and returns an error that names them all.
func Generate(ctx context.Context, cfg *config.Config, opts Options) (report Report, err error) {
	if cfg.File == "" {
		return Report{}, nil
	}
	if cfg.Dir == "" {
		return Report{}, errors.New("generating needs a project folder")
	}
	wanted, err := render(cfg)
	if err != nil {
		return Report{}, err
	}
	root, err := os.OpenRoot(cfg.Dir)
	if err != nil {
		return Report{}, fmt.Errorf("project folder: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	p := project{root}
	report, err = p.compare(wanted)
	if err != nil || opts.Check {
		return report, err
	}
	for _, f := range wanted {
		if err := ctx.Err(); err != nil {
			return report, err
		}
		if slices.Contains(report.Unchanged, f.path) {
			continue
		}
		if err := p.write(f); err != nil {
			return report, fmt.Errorf("writing %s: %w", f.path, err)
		}
	}
	for _, name := range report.Removed {
		if err := ctx.Err(); err != nil {
			return report, err
		}
		if err := p.remove(name); err != nil {
			return report, fmt.Errorf("removing %s: %w", name, err)
		}
	}
	return report, nil
}

// compare sets what is on disk against what is wanted.
func (p project) compare(wanted []file) (Report, error) {
	var r Report
	var problems []error
	for _, f := range wanted {
		state, err := p.state(f)
		switch {
		case err != nil:
			problems = append(problems, err)
		case state == missing:
			r.Created = append(r.Created, f.path)
		case state == outdated:
			r.Updated = append(r.Updated, f.path)
		default:
			r.Unchanged = append(r.Unchanged, f.path)
		}
	}
	generated, err := p.generated()
	problems = append(problems, err)
	for _, name := range generated {
		if !slices.ContainsFunc(wanted, func(f file) bool { return f.path == name }) {
			r.Removed = append(r.Removed, name)
		}
	}
	for _, list := range [][]string{r.Created, r.Updated, r.Removed, r.Unchanged} {
		slices.Sort(list)
	}
	return r, errors.Join(problems...)
}

// generated lists the generated files on disk, sorted.
func (p project) generated() ([]string, error) {
	candidates := []string{config.LearnersFile}
	folders, err := p.workerFolders()
	if err != nil {
		return nil, err
	}
	for _, name := range folders {
		candidates = append(candidates, path.Join(config.WorkersFolder, name, "main.go"))
	}
	var found []string
	for _, name := range candidates {
		ours, err := p.isGenerated(name)
		if err != nil {
			return nil, err
		}
		if ours {
			found = append(found, name)
		}
	}
	return found, nil
}
