package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gochimera/chimera/internal/atomicfile"
)

// eventsFile is in the folder of a fit.
const eventsFile = "events.jsonl"

// Events are the events of one fit so far, as lines of text in its folder. They outlive a program that is killed, but the
// last line may be torn then.
type Events struct{ file string }

// NewEvents are the events in the folder of a fit.
func NewEvents(dir string) Events { return Events{filepath.Join(dir, eventsFile)} }

// Append adds lines. After an error, part of them may be there: Replace makes the file whole again.
func (e Events) Append(lines []byte) error {
	file, err := os.OpenFile(e.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("the events of the fit: %w", err)
	}
	_, err = file.Write(lines)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("the events of the fit: %w", err)
	}
	return nil
}

// Replace puts lines in place of all that are there, at once.
func (e Events) Replace(lines []byte) error { return atomicfile.WriteFile(e.file, lines) }

// Open reads all lines. The error is fs.ErrNotExist if none have been written.
func (e Events) Open() (io.ReadCloser, error) { return os.Open(e.file) }
