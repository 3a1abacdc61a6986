package trial

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/goccy/go-yaml"
	"golang.org/x/sync/errgroup"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/cmd/chimera/internal/inference"
	"github.com/gochimera/chimera/cmd/chimera/internal/program"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/environment"
)

// Bench is where trials of one project run.
type Bench struct {
	project    *config.Config
	executable string // of the project's program
	root       string // the temporary folder
}

// NewBench builds the project's program, which runs the trials. The errors are those of program.Build.
func NewBench(ctx context.Context, project *config.Config) (*Bench, error) {
	for _, w := range project.Workers {
		if w.Learner == "" {
			return nil, fmt.Errorf("worker %s has a main of its own, which cannot run inside the project's program; cv and tune need workers with a learner", w.Name)
		}
	}
	executable, err := program.Build(ctx, project.Dir)
	if err != nil {
		return nil, err
	}
	b, err := NewEmptyBench(project)
	if err == nil {
		b.executable = executable
	}
	return b, err
}

// NewEmptyBench is a bench without the project's program: its jobs bring the program that runs them.
func NewEmptyBench(project *config.Config) (*Bench, error) {
	root, err := os.MkdirTemp("", "chimera-trials-")
	if err != nil {
		return nil, err
	}
	return &Bench{project: project, root: root}, nil
}

// Close removes everything that trials have written.
func (b *Bench) Close() error { return os.RemoveAll(b.root) }

// The files of a fold's held-out rows, in its folder.
const (
	testFolder   = "test"
	testFeatures = "X_test.csv"
	testTarget   = "y_test.csv"
)

// Data is the rows of a trial, such as those of one fold: a table for each worker. They are written when the first trial needs them,
// and removed after the last.
type Data struct {
	Name        string // the folder's, and no other data's
	Tables      []*Table
	Train, Test [][]int // for each worker the rows that it trains on, and those that the model is scored on
	HeldOut     *Files  // what the model is scored on instead of Test

	users int // trials to come, guarded by the bench's mutex
	put   func() error
	dir   string
}

// Files are held-out rows as they are in a project.
type Files struct{ Features, Target string }

// write writes the rows into a folder of the bench.
func (d *Data) write() error {
	for i, t := range d.Tables {
		if err := Write(filepath.Join(d.dir, t.Worker), "X_train.csv", "y_train.csv", d.Tables[i:i+1], d.Train[i:i+1]); err != nil {
			return err
		}
	}
	if d.HeldOut != nil {
		return nil
	}
	return Write(filepath.Join(d.dir, testFolder), testFeatures, testTarget, d.Tables, d.Test)
}

// heldOut are the files of the rows to score on.
func (d *Data) heldOut() Files {
	if d.HeldOut != nil {
		return *d.HeldOut
	}
	test := filepath.Join(d.dir, testFolder)
	return Files{Features: filepath.Join(test, testFeatures), Target: filepath.Join(test, testTarget)}
}

// Outcome is how a trial went.
type Outcome struct {
	Score *client.Score     // nil if it failed
	Fit   *client.FitResult // nil if the fit failed
	Err   error             // of package program, a *FitError, or the client's about the score
}

// FitError is a fit that failed.
type FitError struct{ Err error }

// Error is the reason.
func (e *FitError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *FitError) Unwrap() error { return e.Err }

// Job is a trial to run.
type Job struct {
	Name     string // a folder's; of this trial alone
	Settings *Document
	Data     *Data

	Executable string // of the program that runs it; "" is the project's
}

// Run runs trials, so many at a time, and reports after each how many are done. The outcomes are in the order of the jobs,
// and a trial that fails does not stop the others. The error is ctx's, and then not all have run.
func (b *Bench) Run(ctx context.Context, jobs []Job, parallel int, progress func(done int)) ([]Outcome, error) {
	for _, j := range jobs {
		d := j.Data
		d.users++
		d.dir = filepath.Join(b.root, "data", d.Name)
		d.put = sync.OnceValue(d.write)
	}
	outcomes := make([]Outcome, len(jobs))
	var done sync.Mutex
	count := 0
	var all errgroup.Group
	all.SetLimit(max(1, parallel))
	for i, j := range jobs {
		if ctx.Err() != nil {
			break
		}
		all.Go(func() error {
			outcomes[i] = b.one(ctx, j)
			done.Lock()
			defer done.Unlock()
			count++
			progress(count)
			if j.Data.users--; j.Data.users == 0 {
				return os.RemoveAll(j.Data.dir)
			}
			return nil
		})
	}
	err := all.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return outcomes, err
}

// one runs one trial.
func (b *Bench) one(ctx context.Context, j Job) (o Outcome) {
	dir := filepath.Join(b.root, "runs", j.Name)
	o.Err = errors.Join(os.MkdirAll(dir, 0o700), j.Data.put())
	if o.Err == nil {
		o.Err = b.run(ctx, dir, j, &o)
	}
	if err := os.RemoveAll(dir); err != nil {
		o.Err = errors.Join(o.Err, err)
	}
	return o
}

func (b *Bench) run(ctx context.Context, dir string, j Job, o *Outcome) error {
	text, err := b.settings(j)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, config.FileName), text, 0o600); err != nil {
		return err
	}
	running, err := program.Start(ctx, program.Options{Dir: b.project.Dir, Project: dir, Executable: cmp.Or(j.Executable, b.executable), Env: []string{
		environment.Launcher + "=" + string(config.InprocessLauncher), environment.MasterPort + "=0", environment.Announce + "=no", environment.OnReady + "=no",
		environment.MasterHost + "=127.0.0.1", "CHIMERA_SECURITY_CLIENTS=none", "CHIMERA_TLS=none", // its files are not in the folder, and it is for this program
		config.WorkersNodesNames + "=", config.WorkersMappedPorts + "=", config.WorkersCPUShares + "=",
	}})
	if err != nil {
		return err
	}
	defer running.Stop()
	c, err := running.Client()
	if err != nil {
		return err
	}
	defer c.Close()
	if o.Fit, err = c.Fit(ctx); err != nil {
		return &FitError{err}
	}
	o.Score, err = j.Data.score(ctx, c)
	return err
}

// score scores on the held-out rows. A row that the model refuses is named by its line in the project's files.
func (d *Data) score(ctx context.Context, c *client.Client) (*client.Score, error) {
	test := d.heldOut()
	if d.HeldOut != nil {
		return inference.Score(ctx, c, test.Features, test.Target, inference.Written{})
	}
	rows, truth, err := inference.ReadScored(ctx, test.Features, test.Target, inference.Written{Delimiter: "comma", Header: true})
	if err != nil {
		return nil, err
	}
	s, err := c.ScoreTable(ctx, rows, truth)
	return s, inference.RefusedAt(err, rows.Columns, func(row int) (string, int) {
		at := d.tested(row, func(t *Table) []place { return t.at })
		return at.file, at.line
	}, func(row int) *dataio.Error {
		at := d.tested(row, func(t *Table) []place { return t.targetAt })
		return &dataio.Error{File: at.file, Line: at.line}
	})
}

// tested is the place of a row of those that the model is scored on.
func (d *Data) tested(row int, places func(*Table) []place) place {
	for i, test := range d.Test {
		if row < len(test) {
			return places(d.Tables[i])[test[row]]
		}
		row -= len(test)
	}
	return place{}
}

// settings are a trial's chimera.yaml: a worker for each table, with the table's rows, and nothing of how the project itself
// starts them. Its packages are linked by the program already.
func (b *Bench) settings(j Job) ([]byte, error) {
	d := j.Settings.Clone()
	d.Set("project", b.project.Project)
	d.Set("launcher", string(config.InprocessLauncher))
	for _, name := range []string{"packages", "network", "target"} {
		d.Remove(name)
	}
	files, _ := d.Get("data").(yaml.MapSlice) // the rows are CSV with commas and a header
	d.Set("data", set(set(files, []string{"delimiter"}, "comma"), []string{"header"}, dataio.HeaderYes))
	d.withoutColumn(j.Data.Tables[0].Group)
	given, _ := d.Get("workers").([]any)
	workers := make([]any, len(j.Data.Tables))
	for i, t := range j.Data.Tables {
		item := yaml.MapSlice{{Key: "name", Value: t.Worker}}
		if len(given) == len(workers) {
			if own, ok := given[i].(yaml.MapSlice); ok {
				item = copyOf(own).(yaml.MapSlice)
			}
		}
		item = without(item, "port", "url", "data")
		workers[i] = set(set(item, []string{"name"}, t.Worker), []string{"data"}, filepath.ToSlash(filepath.Join(j.Data.dir, t.Worker)))
	}
	d.Set("workers", workers)
	d.comments = nil
	return d.Text()
}
