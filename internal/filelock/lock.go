// Package filelock keeps two programs from using the same files of a project at once. A [Lock] is an
// advisory lock of the operating system on a file, which also names its holder: it ends when the
// program does, however that happens, so that no kill -9 leaves a project locked.
//
// The room imports the standard library and golang.org/x/sys.
package filelock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Lock is held from Take to Release, or to the end of the program.
type Lock struct {
	file *os.File
}

// Holder is the program that holds a lock.
type Holder struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Since   time.Time `json:"since"`
	Command string    `json:"command"`
}

// String describes the program.
func (h Holder) String() string {
	if h.PID == 0 {
		return "another program"
	}
	return fmt.Sprintf("process %d on %s (%s), since %s", h.PID, h.Host, h.Command, h.Since.Local().Format(time.DateTime))
}

// HeldError reports that another program holds the lock.
type HeldError struct {
	Path   string
	Holder Holder // the zero value if it has not written who it is
}

// Error names the file and the program.
func (e *HeldError) Error() string { return fmt.Sprintf("%s is locked by %s", e.Path, e.Holder) }

// errHeld is the answer of tryLock if another program, or another Lock of this one, has the lock.
var errHeld = errors.New("locked")

// Take locks a file, which is made if it is missing, and writes into it who holds it. It does not wait:
// the error is a *HeldError if the lock is held already. Where the file system knows no locks, it wraps
// errors.ErrUnsupported.
func Take(path string) (*Lock, error) {
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		err = tryLock(file)
		if errors.Is(err, errHeld) {
			err = &HeldError{Path: path, Holder: holderIn(file)}
		}
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if !isAt(file, path) { // the former holder has removed it, after it was opened here
			if err := file.Close(); err != nil {
				return nil, err
			}
			continue
		}
		l := &Lock{file}
		if err := l.sign(); err != nil {
			return nil, errors.Join(err, l.Release())
		}
		return l, nil
	}
}

// TakeIfAny is Take for those who can do without a lock: where the file system knows none, the Lock is
// nil.
func TakeIfAny(path string) (*Lock, error) {
	l, err := Take(path)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, nil
	}
	return l, err
}

// Release ends the lock and removes its file. It does nothing for a nil Lock.
func (l *Lock) Release() error {
	if l == nil {
		return nil
	}
	return release(l.file)
}

// sign writes into the file who holds it.
func (l *Lock) sign() error {
	host, err := os.Hostname()
	if err != nil {
		host = "a host without a name"
	}
	command := append([]string{filepath.Base(os.Args[0])}, os.Args[1:]...)
	text, err := json.Marshal(Holder{PID: os.Getpid(), Host: host, Since: time.Now().UTC().Truncate(time.Second), Command: strings.Join(command, " ")})
	if err == nil {
		err = l.file.Truncate(0)
	}
	if err == nil {
		_, err = l.file.WriteAt(append(text, '\n'), 0)
	}
	if err != nil {
		return fmt.Errorf("writing who holds a lock: %w", err)
	}
	return nil
}

// holderIn reads who holds a file. The zero value stands for a holder that has not signed yet.
func holderIn(file *os.File) (h Holder) {
	text, err := io.ReadAll(io.LimitReader(file, 1<<16))
	if err != nil || json.Unmarshal(text, &h) != nil {
		return Holder{}
	}
	return h
}

// isAt reports whether an open file is the one at a path.
func isAt(file *os.File, path string) bool {
	open, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(open, there)
}
