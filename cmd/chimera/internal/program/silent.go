package program

import (
	"bufio"
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gochimera/chimera/internal/environment"
)

// SilentError is a program that would never report to the command line that its master is ready, so that
// waiting for it would not end.
type SilentError struct {
	Dir     string
	Version string // of Chimera in the program; empty if it has none
}

// Error says what to do.
func (e *SilentError) Error() string {
	if e.Version == "" {
		return fmt.Sprintf("the program in %s runs no master: its main calls chimera.Run with one, as in the main.go that chimera init writes", e.Dir)
	}
	return fmt.Sprintf("the program in %s does not report that its master is ready, because it is built with Chimera %s, which is older than that: "+
		"update it there with go get github.com/gochimera/chimera@latest && go mod tidy, or run it with go run . and use chimera fit beside it", e.Dir, e.Version)
}

// checkReports looks into an executable for the variable by which a program finds whom to report to.
func checkReports(executable, dir string) error {
	f, err := os.Open(executable)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	found, err := contains(f, []byte(environment.ProgramHandshake))
	if err != nil || found {
		return err
	}
	silent := &SilentError{Dir: dir}
	if info, err := buildinfo.ReadFile(executable); err == nil {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == "github.com/gochimera/chimera" {
				silent.Version = m.Version
			}
		}
	}
	return silent
}

// contains reports whether what is read contains word.
func contains(from io.Reader, word []byte) (bool, error) {
	r := bufio.NewReaderSize(from, 1<<20)
	for {
		part, err := r.Peek(r.Size())
		if bytes.Contains(part, word) {
			return true, nil
		}
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		}
		if _, err := r.Discard(len(part) - len(word)); err != nil {
			return false, err
		}
	}
}
