package split

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// Destination is where a worker's rows go.
type Destination struct {
	Worker string
	Dir    string // X_train.csv and y_train.csv are written there
}

// Options say how to split.
type Options struct {
	Data     datafile.Source // what to read: one file with a target, or a pair
	NoTarget bool            // the one file has none: only X_train.csv and X_test.csv are written
	Workers  []Destination
	TestDir  string // X_test.csv and y_test.csv are written there, if rows are held out
	By       Strategy
	Holdout  Holdout
	Seed     uint64
	Replace  bool                  // files that are there already; those of an earlier split that this one does not write are removed
	Progress func(done, total int) // called now and then with rows copied; may be nil
}

// The names of the test files.
const (
	TestFeatures = "X_test.csv"
	TestTarget   = "y_test.csv"
)

// Part is what one worker got, or the test set.
type Part struct {
	Worker string `json:"worker,omitempty"` // "" for the test set
	Rows   int    `json:"rows"`
	Counts []int  `json:"class_counts,omitempty"` // rows of each class
}

// Report is what was split and how.
type Report struct {
	By      string          `json:"by"`
	Seed    uint64          `json:"seed"`
	Task    learner.Task    `json:"task,omitempty"` // as far as the target shows; "" without one
	Rows    int             `json:"rows"`
	Groups  int             `json:"groups,omitempty"` // whose rows stayed together
	Classes []learner.Label `json:"classes,omitempty"`
	Parts   []Part          `json:"workers"`
	Test    *Part           `json:"test,omitempty"`
	Renamed []string        `json:"renamed,omitempty"` // columns whose names are numbers, which are written with an x in front
	Removed []string        `json:"removed,omitempty"` // files of an earlier split
	Kept    []string        `json:"kept,omitempty"`    // files beside those of the split that no split is known to have written
}

// Split reads a data set and writes the workers' files and the test set's. All files are
// put in place at the end, or none: an error or the end of ctx leaves what was
// there. The error is an *Error if the split cannot be made so; it joins *dataio.Error, one for each
// thing that is wrong, if the data set cannot be read or trained on.
func Split(ctx context.Context, o Options) (*Report, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c, err := count(ctx, o.Data, o.NoTarget)
	if err != nil {
		return nil, err
	}
	if o.By.byClass() && o.NoTarget {
		return nil, refuse("--by %s needs classes, and these rows have no target", o.By)
	}
	if o.By.byClass() && c.Labels == nil {
		if c.Task == learner.Regression {
			return nil, refuse("--by %s needs classes, but %s holds quantities (more than %d different values, or fractions)", o.By, o.target(), datafile.MaxClasses)
		}
		return nil, refuse("--by %s needs classes, but %s holds more than %d different texts", o.By, o.target(), datafile.MaxClasses)
	}
	deal, err := c.dealer(o)
	if err != nil {
		return nil, err
	}
	out := &writer{options: o, census: c}
	if err := out.copy(ctx, deal); err != nil {
		return nil, errors.Join(err, out.files.Abort())
	}
	r := out.report()
	return r, out.commit(r)
}

// target names the target in a message.
func (o Options) target() string {
	if o.Data.Target != "" {
		return o.Data.Target
	}
	return "column " + o.Data.Options.Target
}

// check refuses what can be seen to be wrong before anything is read.
func (o Options) check() error {
	if len(o.Workers) == 0 {
		return refuse("there are no workers to deal the rows to")
	}
	if o.By.Kind == Size && len(o.By.Shares) != len(o.Workers) {
		return refuse("--by %s: %d shares for %d workers; give one per worker", o.By, len(o.By.Shares), len(o.Workers))
	}
	if k := o.By.Kind; o.Data.Group != "" && k != IID && k != Size && k != Replicate {
		return refuse("--group goes with --by iid, size(...) or replicate, not with %s: it deals whole groups out", o.By)
	}
	if o.Replace {
		return nil
	}
	for _, path := range o.targets() {
		if path == "" {
			continue
		}
		if _, err := os.Lstat(path); err == nil {
			return refuse("%s is there already; --force replaces it", path)
		}
	}
	return nil
}

// targets are the files to write: two per worker, and two for the test set. Every second one is "" without a target.
func (o Options) targets() []string {
	var paths []string
	if o.NoTarget {
		for _, w := range o.Workers {
			paths = append(paths, filepath.Join(w.Dir, dataio.FeaturesFile), "")
		}
		if o.Holdout != (Holdout{}) {
			paths = append(paths, filepath.Join(o.TestDir, TestFeatures), "")
		}
		return paths
	}
	for _, w := range o.Workers {
		paths = append(paths, filepath.Join(w.Dir, dataio.FeaturesFile), filepath.Join(w.Dir, dataio.TargetFile))
	}
	if o.Holdout != (Holdout{}) {
		paths = append(paths, filepath.Join(o.TestDir, TestFeatures), filepath.Join(o.TestDir, TestTarget))
	}
	return paths
}
