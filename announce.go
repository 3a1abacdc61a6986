package chimera

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/atomicfile"
	"github.com/gochimera/chimera/internal/filelock"
)

// announce writes the master's address to the file that the command line reads, and returns a function
// that removes it again. With CHIMERA_ANNOUNCE=no the file is left alone, because another program of
// the project has announced its address there: `chimera fit --local` sets it. It is left alone, too,
// while another program holds the lock beside it; a program that was killed holds none.
func (s *session) announce() (forget func(), err error) {
	if s.hidden {
		return func() {}, nil
	}
	file := filepath.Join(s.config.Dir, filepath.FromSlash(config.MasterFile))
	err = os.MkdirAll(filepath.Dir(file), 0o755)
	var lock *filelock.Lock
	if err == nil {
		lock, err = filelock.TakeIfAny(file + ".lock")
	}
	var held *filelock.HeldError
	if errors.As(err, &held) {
		s.log.Warn("another program of the project has announced its master; commands find that one, and this one if its address is given to them with --url",
			"program", held.Holder.String(), "url", s.url())
		return func() {}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("writing the master's address: %w", err)
	}
	if err := atomicfile.WriteFile(file, []byte(s.url()+"\n")); err != nil { // atomic, so that a reader never sees half an address
		return nil, fmt.Errorf("writing the master's address: %w", errors.Join(err, lock.Release()))
	}
	return func() {
		_ = os.Remove(file) // a stale file does no harm: readers report that nothing answers there
		if err := lock.Release(); err != nil {
			s.log.Debug("the lock of the master's address was not removed", "error", err)
		}
	}, nil
}
