package cluster

import (
	"errors"
	"os"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/masters/checkpoint"
)

// FromCheckpoint goes on from the last checkpoint of a fit that was interrupted, if there is one that can be used. take reads one: it
// says how the fit is prepared otherwise than it was then, so that no checkpoint can be used, or returns an error if this one is damaged, or
// takes it, and returns neither. It reports whether one was taken. If none was, it has told why, and the fit begins anew.
func (f *Fit) FromCheckpoint(take func(text []byte, one checkpoint.Saved) (differs string, err error)) (taken bool, err error) {
	if !f.Resumed || f.Dir == "" {
		return false, nil
	}
	series := checkpoint.NewSeries(f.Dir)
	all, err := series.All()
	if err != nil {
		f.BeginAnew("its checkpoints cannot be read: " + err.Error())
		return false, nil
	}
	for i, one := range all {
		differs, err := takeOne(one, take)
		switch {
		case differs != "":
			f.BeginAnew(differs)
			return false, forgetAll(series, all[i:])
		case err == nil:
			return true, nil
		}
		from := 1
		if i+1 < len(all) {
			from = all[i+1].Step + 1
		}
		f.damaged(one, err, from)
		if err := series.Remove(one); err != nil {
			return false, err
		}
	}
	f.BeginAnew("it has no checkpoint that can be used")
	return false, nil
}

func takeOne(one checkpoint.Saved, take func([]byte, checkpoint.Saved) (string, error)) (differs string, err error) {
	text, err := os.ReadFile(one.File)
	if err != nil {
		return "", err
	}
	return take(text, one)
}

// forgetAll removes checkpoints that are not used any more.
func forgetAll(series checkpoint.Series, all []checkpoint.Saved) error {
	for _, one := range all {
		if err := series.Remove(one); err != nil {
			return err
		}
	}
	return nil
}

// damaged tells that a checkpoint cannot be used, and from which step the fit goes on instead.
func (f *Fit) damaged(one checkpoint.Saved, err error, from int) {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err // the file is named beside it
	}
	f.Log.Warn("a checkpoint is damaged; the fit goes back to the one before, or to its start", "file", one.File, "from_step", from, "reason", err)
	f.Publish(api.CheckpointDamagedEvent{FitID: f.ID, File: one.File, Reason: err.Error(), From: from})
}
