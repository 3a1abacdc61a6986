package validate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// rows are what one worker has.
type rows struct {
	name, folder string
	info         *registry.Info // of its learner; nil if nothing is known of it
	table        *dataio.Table
}

// readAll reads the files of all workers that have theirs here, several at a time, and returns those that could
// be read and what is wrong with the others, both in the order of the workers.
func readAll(ctx context.Context, cfg *config.Config, infos []*registry.Info, progress func(done, total int)) (read []rows, problems []error) {
	all, failed := make([]*rows, len(cfg.Workers)), make([]error, len(cfg.Workers))
	var several errgroup.Group
	several.SetLimit(runtime.GOMAXPROCS(0))
	var mu sync.Mutex
	done := 0
	for i, w := range cfg.Workers {
		if w.URL != "" {
			continue // its data is where it runs
		}
		several.Go(func() error {
			r := &rows{name: w.Name, folder: cfg.DataFolder(i), info: infos[i]}
			if failed[i] = r.read(ctx, cfg.Reading()); failed[i] == nil && r.table != nil {
				all[i] = r
			}
			mu.Lock()
			defer mu.Unlock()
			if done++; progress != nil {
				progress(done, len(cfg.Workers))
			}
			return nil
		})
	}
	_ = several.Wait() // what failed is in failed
	for i := range all {
		if failed[i] != nil {
			problems = append(problems, failed[i])
		}
		if all[i] != nil {
			read = append(read, *all[i])
		}
	}
	return read, problems
}

// read reads the worker's files. Of a worker with a main of its own nothing is known: its labels are checked by it,
// and its table is nil if they are no numbers.
func (r *rows) read(ctx context.Context, o dataio.Options) error {
	task := learner.Regression
	if r.info != nil {
		task = r.info.Task
	}
	table, err := dataio.ReadTraining(ctx, r.folder, task, o)
	if err == nil && r.info == nil {
		err = table.CheckNumbers()
	}
	switch {
	case err == nil:
		r.table = table
		return nil
	case r.info == nil && isTargetOfUnknownTask(err):
		return nil
	}
	return everything(r.folder, o, err)
}

// everything is all that is wrong with the files of a folder, of which reading them has found the first. Where
// files are not as the reader of data sets expects them, it is only that.
func everything(folder string, o dataio.Options, found error) error {
	source := datafile.Source{Options: o}
	if o.Target == "" {
		source.Features, source.Target = filepath.Join(folder, dataio.FeaturesFile), filepath.Join(folder, dataio.TargetFile)
	} else if all, err := filepath.Glob(filepath.Join(folder, "train.*")); err == nil && len(all) == 1 {
		source.Features = all[0]
	}
	for _, path := range []string{source.Features, source.Target} {
		if _, err := os.Stat(path); err != nil && (path != "" || path == source.Features) {
			return found
		}
	}
	reader, err := datafile.Open(source)
	if err != nil {
		return found
	}
	defer func() { _ = reader.Close() }() // only read
	for err == nil {
		_, err = reader.Next()
	}
	list := reader.Problems()
	if listed(list, found) {
		return list.Err()
	}
	problems := []error{found}
	for _, p := range list.List {
		if p.Line > 0 { // what is wrong with a file as a whole was found already
			problems = append(problems, p)
		}
	}
	return errors.Join(problems...)
}

// listed reports whether an error is about a line that a list has too.
func listed(list *datafile.Problems, found error) bool {
	var e *dataio.Error
	return errors.As(found, &e) && e.Line > 0 &&
		slices.ContainsFunc(list.List, func(p *dataio.Error) bool { return p.File == e.File && p.Line == e.Line })
}
