package master

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/masters/cluster"
)

// stored is a checkpoint on disk, of a fit under way or of a model.
type stored struct {
	store *store
	dir   string
	fitID string
	step  int // the next one, of all parts
}

// unknownStep is the step of a checkpoint without parts.
const unknownStep = -1

// damagedError reports that a stage's stored part cannot be used.
type damagedError struct {
	worker string
	file   string // as it is reported
	err    error
}

// Error names the worker and the file.
func (e *damagedError) Error() string {
	return fmt.Sprintf("the stored part of worker %s (%s) cannot be used: %v", e.worker, e.file, e.err)
}

// Unwrap returns the reason.
func (e *damagedError) Unwrap() error { return e.err }

func (c *stored) file(stage int) string {
	return filepath.Join(c.dir, "stage"+strconv.Itoa(stage+1)+".state")
}

// fetch copies a stage's part from its worker to a file, which is there when all of it has come, and
// checks it.
func (c *stored) fetch(ctx context.Context, from *cluster.Cluster, m *cluster.Member) error {
	f, err := os.Create(c.file(m.Index) + ".partial")
	if err != nil {
		return err
	}
	if err = from.Fetch(ctx, m, pipeline.PathCheckpoint+"?fit_id="+url.QueryEscape(c.fitID), f); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), c.file(m.Index))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	c.store.reading.Lock()
	defer c.store.reading.Unlock()
	_, err = c.read(m)
	return err
}

// read reads a stage's file, which must be complete, and of this stage, fit and step. The first part
// that is read tells the step. store.reading must be held. The error is a *damagedError.
func (c *stored) read(m *cluster.Member) ([]byte, error) {
	state, err := os.ReadFile(c.file(m.Index))
	var head pipeline.State
	if err == nil {
		_, err = wire.ReceivedFrom(state).Decode(&head)
	}
	if err == nil && c.step == unknownStep {
		c.step = head.Step
	}
	if err == nil && (head.Begin.FitID != c.fitID || head.Begin.Stage != m.Index || head.Step != c.step) {
		err = fmt.Errorf("it is stage %d at step %d of fit %q; want stage %d at step %d of %q",
			head.Begin.Stage+1, head.Step+1, head.Begin.FitID, m.Index+1, c.step+1, c.fitID)
	}
	if err != nil {
		return nil, &damagedError{worker: m.Name, file: c.store.shown(c.file(m.Index)), err: withoutPath(err)}
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

// restore sends a member's part from its file to the worker. The error is a *damagedError if the file
// is at fault.
func (c *stored) restore(ctx context.Context, to *cluster.Cluster, m *cluster.Member) error {
	c.store.reading.Lock()
	defer c.store.reading.Unlock()
	state, err := c.read(m)
	if err != nil {
		return err
	}
	message := cluster.NewMessage(pipeline.Restore)
	message.Encoded(state)
	err = cluster.Send(ctx, to, m, message, nil).Err
	if cluster.CodeOf(err) == api.CodeInvalidRequest { // it arrived whole, and cannot be what the stage needs
		return &damagedError{worker: m.Name, file: c.store.shown(c.file(m.Index)), err: err}
	}
	return err
}

// mend fetches the parts again whose files have been damaged or removed since, from the workers that
// hold the model.
func (c *stored) mend(ctx context.Context, from *cluster.Cluster) {
	c.store.mending.Lock()
	defer c.store.mending.Unlock()
	for _, m := range from.Members {
		_, down := m.Unavailable()
		if _, outdated := m.Outdated(); down || outdated {
			continue
		}
		c.store.reading.Lock()
		_, damaged := c.read(m)
		c.store.reading.Unlock()
		if damaged == nil || ctx.Err() != nil {
			continue
		}
		err := os.MkdirAll(c.dir, 0o755)
		if err == nil {
			err = c.fetch(ctx, from, m)
		}
		if err != nil {
			from.Log.Warn("a stored part is damaged, and its worker could not give it again: if the worker is lost, a fit is needed",
				"worker", m.Name, "damage", damaged, "error", err)
			continue
		}
		from.Log.Info("a stored part was damaged, and has been stored again", "worker", m.Name, "damage", damaged)
	}
}
