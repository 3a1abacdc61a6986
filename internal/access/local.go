package access

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gochimera/chimera/internal/atomicfile"
)

// Local is what the programs of a project on its machine need beside a master's address to call it.
type Local struct {
	Token       string `json:"token,omitempty"`
	Certificate string `json:"certificate,omitempty"` // by which the master is known, as PEM
}

// Write leaves it in a file that only its owner can read.
func (l Local) Write(file string) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return atomicfile.WriteSecret(file, append(text, '\n'))
}

// ReadLocal reads it.
func ReadLocal(file string) (l Local, err error) {
	text, err := readSmall(file)
	if err != nil {
		return l, err
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, fmt.Errorf("%s: it is not what a master leaves there: %w", file, err)
	}
	return l, nil
}
