package identity

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gochimera/chimera/internal/pki"
)

// Folder is the folder of a project with the authority of workers that nobody's launcher starts. Whoever has it can be the
// project's master.
const Folder = "chimera_identity"

// AuthorityPath is the file of the authority, from the project's folder.
const AuthorityPath = Folder + "/authority.json"

// PathOf is the file of a worker's secret, from the project's folder.
func PathOf(worker string) string { return Folder + "/" + worker + ".identity" }

// The rights on files and their folder: nobody else reads them.
const (
	owner       = 0o600
	ownerFolder = 0o700
)

// stored is an authority in its file.
type stored struct {
	Version     int    `json:"version"`
	Mode        Mode   `json:"mode"`
	Project     string `json:"project"`
	Certificate string `json:"certificate,omitempty"`
	Key         string `json:"key,omitempty"`
	Seed        string `json:"seed,omitempty"`
}

// MissingError says that a project has no authority.
type MissingError struct{ Path string }

// Error says what makes one.
func (e *MissingError) Error() string {
	return fmt.Sprintf("the project has no identity at %s: make one with chimera identity, and start each worker with its own file", e.Path)
}

// Open reads the authority that Create has written into a project's folder.
func Open(dir, project string, mode Mode) (*Authority, error) {
	path := filepath.Join(dir, AuthorityPath)
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &MissingError{path}
	case err != nil:
		return nil, err
	}
	var s stored
	if err := json.Unmarshal(text, &s); err != nil || s.Version != version {
		return nil, fmt.Errorf("%s is not the identity of a project: make another with chimera identity --new", path)
	}
	if s.Project != project || s.Mode != mode {
		return nil, fmt.Errorf("%s is for project %s and security.workers: %s, and this is project %s with %s: make another with chimera identity --new",
			path, s.Project, s.Mode, project, mode)
	}
	a := &Authority{project: project, mode: mode, now: time.Now}
	if mode == Token {
		seed, err := hex.DecodeString(s.Seed)
		if err != nil || len(seed) < 32 {
			return nil, fmt.Errorf("%s has no seed of tokens: make another with chimera identity --new", path)
		}
		a.tokens = &Tokens{seed}
		return a, nil
	}
	a.root = &pki.Authority{}
	if a.root.Certificate, err = decodeCertificate(s.Certificate); err == nil {
		a.root.Key, err = decodeKey(s.Key)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// Create makes an authority, and keeps it in a project's folder.
func Create(dir, project string, mode Mode) (*Authority, error) {
	a, err := New(project, mode)
	if err != nil {
		return nil, err
	}
	s := stored{Version: version, Mode: mode, Project: project}
	if mode == Token {
		s.Seed = hex.EncodeToString(a.tokens.seed)
	} else {
		key, err := pki.EncodeKey(a.root.Key)
		if err != nil {
			return nil, err
		}
		s.Certificate, s.Key = string(pki.EncodeCertificate(a.root.Certificate)), string(key)
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, Folder), ownerFolder); err != nil {
		return nil, err
	}
	if err := write(filepath.Join(dir, Folder, ".gitignore"), []byte("*\n")); err != nil {
		return nil, err
	}
	return a, write(filepath.Join(dir, AuthorityPath), append(text, '\n'))
}

// fileLifetime is how long a certificate in a file lasts; the master renews that of a worker which runs, each day.
const fileLifetime = 365 * 24 * time.Hour

// IssueFile writes a worker's secret to PathOf the worker.
func (a *Authority) IssueFile(dir, worker string) error {
	secret, err := a.issue(worker, fileLifetime)
	if err != nil {
		return err
	}
	return write(filepath.Join(dir, PathOf(worker)), append(secret, '\n'))
}

func write(path string, text []byte) error {
	temporary := path + ".new"
	if err := os.WriteFile(temporary, text, owner); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
