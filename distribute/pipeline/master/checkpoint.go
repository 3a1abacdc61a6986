package master

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/atomicfile"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/masters/cluster"
)

// checkpoint is a fit under way on disk, between two steps: a folder in that of the fit, with one file
// per stage and one of the master. It is complete or not there: its folder is renamed when all files are written. The files are
// copied between the workers and the disk one by one, so the master holds at most one stage's part at
// a time.
type checkpoint struct {
	dir   string
	fitID string
	step  int // the next one, of all parts
}

// damagedError reports that a stage's stored part cannot be used.
type damagedError struct {
	worker string
	file   string
	err    error
}

// Error names the worker and the file.
func (e *damagedError) Error() string {
	return fmt.Sprintf("the stored part of worker %s (%s) cannot be used: %v", e.worker, e.file, e.err)
}

// Unwrap returns the reason.
func (e *damagedError) Unwrap() error { return e.err }

// A checkpoint's folder is named after the steps before it.
const (
	stepPrefix    = "step"
	partialSuffix = ".partial"
)

// errNoFolder is why a fit has no checkpoints; the reason has been logged.
var errNoFolder = errors.New("there is no folder for them")

// save stores the state of all stages before a step, and beside them that of the master, which is what
// course writes. It is on disk when save returns.
func save(ctx context.Context, f *cluster.Fit, step int, course func(io.Writer) error) (c *checkpoint, err error) {
	if f.Dir == "" {
		return nil, errNoFolder
	}
	whole := &checkpoint{dir: filepath.Join(f.Dir, fmt.Sprintf("%s%09d", stepPrefix, step)), fitID: f.ID, step: step}
	partial := &checkpoint{dir: whole.dir + partialSuffix, fitID: f.ID, step: step}
	// a fit that went back to an earlier step stores the same checkpoint again
	if err := errors.Join(os.RemoveAll(partial.dir), os.RemoveAll(whole.dir), os.Mkdir(partial.dir, 0o755)); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(partial.dir) // the first error is the one to report
		}
	}()
	for _, m := range f.Members {
		if err := partial.fetch(ctx, f.Cluster, m); err != nil {
			return nil, fmt.Errorf("the part of worker %s: %w", m.Name, err)
		}
	}
	if err := partial.write(course); err != nil {
		return nil, err
	}
	if err := os.Rename(partial.dir, whole.dir); err != nil {
		return nil, err
	}
	return whole, atomicfile.SyncFolders(f.Dir, f.Dir)
}

// write writes the master's file, and brings the folder to the disk.
func (c *checkpoint) write(course func(io.Writer) error) error {
	f, err := atomicfile.Create(c.courseFile())
	if err != nil {
		return err
	}
	if err := course(f); err != nil {
		return errors.Join(err, f.Abort())
	}
	return f.CommitDurably(c.dir)
}

func (c *checkpoint) courseFile() string { return filepath.Join(c.dir, "course.state") }

func (c *checkpoint) file(stage int) string {
	return filepath.Join(c.dir, "stage"+strconv.Itoa(stage+1)+".state")
}

// fetch copies a stage's state from its worker to a file.
func (c *checkpoint) fetch(ctx context.Context, from *cluster.Cluster, m *cluster.Member) error {
	f, err := os.Create(c.file(m.Index))
	if err != nil {
		return err
	}
	head, err := capture(ctx, from, m, c.fitID, f)
	if err == nil {
		err = c.check(head, m)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// capture copies a stage's part of a fit, or of a model, from its worker to w, and checks that it is whole.
func capture(ctx context.Context, from *cluster.Cluster, m *cluster.Member, fitID string, w io.Writer) (head pipeline.State, err error) {
	var frame wire.Passing
	if err = from.Fetch(ctx, m, pipeline.PathCheckpoint+"?fit_id="+url.QueryEscape(fitID), io.MultiWriter(w, &frame)); err == nil {
		err = frame.Check(&head)
	}
	return head, err
}

// check refuses what is not the state of a member before the step of the checkpoint.
func (c *checkpoint) check(head pipeline.State, m *cluster.Member) error {
	if head.Begin.FitID != c.fitID || head.Begin.Stage != m.Index || head.Step != c.step {
		return fmt.Errorf("it is stage %d at step %d of fit %q; want stage %d at step %d of %q",
			head.Begin.Stage+1, head.Step+1, head.Begin.FitID, m.Index+1, c.step+1, c.fitID)
	}
	return nil
}

// read reads a stage's file, which must be complete, and of this stage, fit and step. The error is a
// *damagedError.
func (c *checkpoint) read(m *cluster.Member) ([]byte, error) {
	state, err := os.ReadFile(c.file(m.Index))
	var head pipeline.State
	if err == nil {
		_, err = wire.ReceivedFrom(state).Decode(&head)
	}
	if err == nil {
		err = c.check(head, m)
	}
	if err != nil {
		return nil, &damagedError{worker: m.Name, file: c.file(m.Index), err: withoutPath(err)}
	}
	return state, nil
}

// withoutPath is an error of a file without the file's name, which is reported beside it.
func withoutPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// restore sends a member's state from its file to the worker. The error is a *damagedError if the file
// is at fault.
func (c *checkpoint) restore(ctx context.Context, to *cluster.Cluster, m *cluster.Member) error {
	state, err := c.read(m)
	if err != nil {
		return err
	}
	message := cluster.NewMessage(pipeline.Restore)
	message.Encoded(state)
	err = cluster.Send(ctx, to, m, message, nil).Err
	if cluster.CodeOf(err) == api.CodeInvalidRequest { // it arrived whole, and cannot be what the stage needs
		return &damagedError{worker: m.Name, file: c.file(m.Index), err: err}
	}
	return err
}
