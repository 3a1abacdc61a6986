package split

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/gochimera/chimera/internal/atomicfile"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/filelock"
	"github.com/gochimera/chimera/learner"
)

// Destination is where a worker's rows go.
type Destination struct {
	Worker string
	Dir    string // X_train.csv and y_train.csv are written there
}

// Options say how to split.
type Options struct {
	Features, Target string // the files to read
	Workers          []Destination
	TestDir          string // X_test.csv and y_test.csv are written there, if rows are held out
	By               Strategy
	Holdout          Holdout
	Seed             uint64
	Replace          bool                  // files that are there already
	Progress         func(done, total int) // called now and then with rows copied; may be nil
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
	Task    learner.Task    `json:"task"` // as far as the target shows
	Rows    int             `json:"rows"`
	Classes []learner.Label `json:"classes,omitempty"`
	Parts   []Part          `json:"workers"`
	Test    *Part           `json:"test,omitempty"`
}

// Split reads both files and writes the workers' and the test set's. All files are
// put in place at the end, or none: an error or the end of ctx leaves what was
// there. The error is an *Error if the split cannot be made so, a *dataio.Error
// if a file cannot be read.
func Split(ctx context.Context, o Options) (*Report, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c, err := count(ctx, o.Features, o.Target)
	if err != nil {
		return nil, err
	}
	if o.By.byClass() && c.task == learner.Regression {
		return nil, refuse("--by %s needs classes, but %s holds quantities (more than %d different values, or fractions)", o.By, o.Target, maxClasses)
	}
	deal, err := newDealer(c, o.By, len(o.Workers), o.Holdout, o.Seed)
	if err != nil {
		return nil, err
	}
	out := &writer{options: o, census: c}
	if err := out.copy(ctx, deal); err != nil {
		return nil, errors.Join(err, out.files.Abort())
	}
	if err := out.commit(); err != nil {
		return nil, err
	}
	return out.report(), nil
}

// commit puts the files in place, while no other split does: two sets of files in one place would be
// mixed.
func (w *writer) commit() (err error) {
	lock, err := filelock.TakeIfAny(filepath.Join(filepath.Dir(w.options.Workers[0].Dir), "split.lock"))
	var held *filelock.HeldError
	if errors.As(err, &held) {
		err = refuse("another split puts its files into the same place (%s); split again when it has ended", held.Holder)
	}
	if err == nil {
		defer func() { err = errors.Join(err, lock.Release()) }()
		err = w.options.check() // another split may have ended meanwhile
	}
	if err != nil {
		return errors.Join(err, w.files.Abort())
	}
	return w.files.Commit()
}

// check refuses what can be seen to be wrong before anything is read.
func (o Options) check() error {
	if len(o.Workers) == 0 {
		return refuse("there are no workers to deal the rows to")
	}
	if o.By.Kind == Size && len(o.By.Shares) != len(o.Workers) {
		return refuse("--by %s: %d shares for %d workers; give one per worker", o.By, len(o.By.Shares), len(o.Workers))
	}
	if o.Replace {
		return nil
	}
	for _, path := range o.targets() {
		if _, err := os.Lstat(path); err == nil {
			return refuse("%s is there already; --force replaces it", path)
		}
	}
	return nil
}

// targets are the files to write: two per worker, and two for the test set.
func (o Options) targets() []string {
	var paths []string
	for _, w := range o.Workers {
		paths = append(paths, filepath.Join(w.Dir, dataio.FeaturesFile), filepath.Join(w.Dir, dataio.TargetFile))
	}
	if o.Holdout != (Holdout{}) {
		paths = append(paths, filepath.Join(o.TestDir, TestFeatures), filepath.Join(o.TestDir, TestTarget))
	}
	return paths
}

// writer copies rows to their places.
type writer struct {
	options Options
	census  *census
	files   atomicfile.Set
	outs    [][2]*atomicfile.File // features and target: one pair per worker, then the test set's
	parts   []Part                // in the same order
}

// open begins all files, with the headers of those that are read.
func (w *writer) open(headers [2][]byte) error {
	targets := w.options.targets()
	for i := 0; i < len(targets); i += 2 {
		var pair [2]*atomicfile.File
		for k := range pair {
			f, err := w.files.Create(targets[i+k])
			if err != nil {
				return err
			}
			if err := writeLine(f, headers[k]); err != nil {
				return err
			}
			pair[k] = f
		}
		part := Part{}
		if len(w.outs) < len(w.options.Workers) {
			part.Worker = w.options.Workers[len(w.outs)].Worker
		}
		if w.census.classes != nil {
			part.Counts = make([]int, len(w.census.classes))
		}
		w.outs, w.parts = append(w.outs, pair), append(w.parts, part)
	}
	return nil
}

// copy goes through both files side by side.
func (w *writer) copy(ctx context.Context, deal *dealer) error {
	x, err := openTable(w.options.Features)
	if err != nil {
		return err
	}
	defer x.close()
	y, err := openTable(w.options.Target)
	if err != nil {
		return err
	}
	defer y.close()
	if err := w.open([2][]byte{x.header, y.header}); err != nil {
		return err
	}
	poll, labels := learner.NewPoll(ctx, pollRows), labelCache{}
	for row := range w.census.rows {
		if err := poll.Work(1); err != nil {
			return err
		}
		if w.options.Progress != nil && row%pollRows == 0 {
			w.options.Progress(row, w.census.rows)
		}
		target, fields, err := y.next()
		if err != nil {
			return w.changed(w.options.Target, err)
		}
		class := -1
		if w.census.classes != nil {
			k, known := w.census.index[labels.of(fields[0])]
			if !known {
				return w.changed(w.options.Target, io.EOF)
			}
			class = k
		}
		features, _, err := x.next()
		if err != nil {
			return w.changed(w.options.Features, err)
		}
		for _, to := range w.places(deal, class) {
			if err := w.put(to, class, features, target); err != nil {
				return err
			}
		}
	}
	return nil
}

// changed is the error about a row that differs from what the first pass read.
func (w *writer) changed(path string, err error) error {
	if errors.Is(err, io.EOF) {
		return &dataio.Error{File: path, Reason: "the file has changed while it was read"}
	}
	return err
}

// places are where the next row of a class goes, as indices into outs.
func (w *writer) places(deal *dealer, class int) []int {
	group := 0
	if len(deal.left) > 1 {
		group = class
	}
	to := deal.next(group)
	switch {
	case to == holdout:
		return []int{len(w.options.Workers)}
	case w.options.By.Kind != Replicate:
		return []int{to}
	}
	all := make([]int, len(w.options.Workers))
	for i := range all {
		all[i] = i
	}
	return all
}

func (w *writer) put(to, class int, features, target []byte) error {
	w.parts[to].Rows++
	if class >= 0 {
		w.parts[to].Counts[class]++
	}
	return errors.Join(writeLine(w.outs[to][0], features), writeLine(w.outs[to][1], target))
}

func writeLine(f *atomicfile.File, text []byte) error {
	if _, err := f.Write(text); err != nil {
		return err
	}
	_, err := f.Write([]byte{'\n'})
	return err
}

func (w *writer) report() *Report {
	n := len(w.options.Workers)
	r := &Report{
		By: w.options.By.String(), Seed: w.options.Seed, Task: w.census.task, Rows: w.census.rows, Classes: w.census.classes, Parts: w.parts[:n],
	}
	if len(w.parts) > n {
		r.Test = &w.parts[n]
	}
	return r
}
