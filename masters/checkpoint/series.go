package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/internal/atomicfile"
)

// Series are the checkpoints of one fit that are a file each. The last two are
// kept, so that a damaged one does not mean to begin anew.
type Series struct{ dir string }

// kept is how many checkpoints of a fit are kept.
const kept = 2

// A checkpoint's file is named after the steps that it is after.
const (
	seriesPrefix = "step"
	seriesSuffix = ".checkpoint"
)

// NewSeries are the checkpoints in the folder of a fit.
func NewSeries(dir string) Series { return Series{dir} }

// Saved is a checkpoint on disk.
type Saved struct {
	Step int // so many steps were taken before it
	File string
}

// Write writes the checkpoint after some steps, which is what write writes. It is
// on disk when Write returns, whole or not at all, and those before the one before
// it are removed.
func (s Series) Write(step int, write func(io.Writer) error) error {
	file, err := atomicfile.Create(filepath.Join(s.dir, fmt.Sprintf("%s%09d%s", seriesPrefix, step, seriesSuffix)))
	if err != nil {
		return err
	}
	if err := write(file); err != nil {
		return errors.Join(err, file.Abort())
	}
	if err := file.CommitDurably(s.dir); err != nil {
		return err
	}
	all, err := s.All()
	if err != nil {
		return err
	}
	for _, old := range all[min(kept, len(all)):] {
		if err := s.Remove(old); err != nil {
			return err
		}
	}
	return nil
}

// All lists the checkpoints, the last one first.
func (s Series) All() ([]Saved, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var all []Saved
	for _, e := range entries {
		number, isOne := strings.CutPrefix(e.Name(), seriesPrefix)
		if isOne {
			number, isOne = strings.CutSuffix(number, seriesSuffix)
		}
		if step, err := strconv.Atoi(number); isOne && err == nil && step >= 0 && e.Type().IsRegular() {
			all = append(all, Saved{step, filepath.Join(s.dir, e.Name())})
		}
	}
	slices.SortFunc(all, func(a, b Saved) int { return cmp.Compare(b.Step, a.Step) })
	return all, nil
}

// Remove removes a checkpoint, such as one that is damaged.
func (s Series) Remove(one Saved) error {
	if err := os.Remove(one.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
