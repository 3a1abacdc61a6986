package models

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gochimera/chimera/internal/atomicfile"
	"github.com/gochimera/chimera/internal/filelock"
)

const (
	// DefaultStore is the folder of a project in which its models are.
	DefaultStore = "chimera_models"
	// None stands for no store at all.
	None = "none"

	lockName  = ".lock"
	triedName = "tried" // an object that shows that a bucket can be written
)

var (
	schemesMu sync.Mutex
	schemes   = map[string]func(context.Context, *url.URL) (Bucket, error){}
)

// RegisterScheme makes Open understand URLs of a scheme, such as "s3". It is called from the init function of the package
// that can; a second registration is a mistake of the programmer, and panics.
func RegisterScheme(scheme string, open func(context.Context, *url.URL) (Bucket, error)) {
	schemesMu.Lock()
	defer schemesMu.Unlock()
	if schemes[scheme] != nil || scheme == "" || open == nil {
		panic(fmt.Sprintf("models: the scheme %q is registered twice, or without a function", scheme))
	}
	schemes[scheme] = open
}

// IsURL reports whether a store is named by a URL, and not by its folder.
func IsURL(store string) bool { return strings.Contains(store, "://") }

// Open opens a store to be read; Lock is for who wants to write too. The store is what models.store of chimera.yaml names:
// a folder, relative to that of the project, or the URL of a bucket. A folder that is missing is a store without models.
func Open(ctx context.Context, store, project string) (*Store, error) {
	if store == "" {
		store = DefaultStore
	}
	s := &Store{reader: true, now: time.Now}
	if IsURL(store) {
		b, err := openURL(ctx, store)
		if err != nil {
			return nil, err
		}
		s.bucket, s.home = b, filepath.Join(project, DefaultStore)
		return s, nil
	}
	if !filepath.IsAbs(store) {
		store = filepath.Join(project, store)
	}
	s.bucket, s.home = &Folder{filepath.Clean(store)}, store
	return s, nil
}

func openURL(ctx context.Context, store string) (Bucket, error) {
	u, err := url.Parse(store)
	if err != nil {
		return nil, fmt.Errorf("the model store is no URL: %w", errors.Unwrap(err)) // which would repeat a password in it
	}
	schemesMu.Lock()
	open, known := schemes[u.Scheme], slices.Sorted(maps.Keys(schemes))
	schemesMu.Unlock()
	switch {
	case open != nil:
	case len(known) == 0:
		return nil, fmt.Errorf("the model store %s: this program links no buckets: run chimera generate, or import github.com/gochimera/chimera/models/cloud",
			u.Redacted())
	default:
		return nil, fmt.Errorf("the model store %s: there are the schemes %s", u.Redacted(), strings.Join(known, ", "))
	}
	b, err := open(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("opening the model store %s: %w", u.Redacted(), err)
	}
	return b, nil
}

// Lock makes a store that Open has opened one that can be written, by this program alone, until Close. If another
// program has it, the error wraps a *filelock.HeldError, which names that, and the store can still be read. What programs
// that were killed have left half written is removed. A bucket is tried with a small object, so that one that cannot be
// written is known at once.
//
// The lock is a file in the folder of the store. For a bucket it is one in the project's folder for models: it keeps two
// programs of one project apart, not two machines with one bucket.
func (s *Store) Lock(ctx context.Context) error {
	if !s.reader {
		return nil
	}
	home := &Folder{s.home}
	if err := home.make(); err != nil {
		return err
	}
	lock, err := filelock.TakeIfAny(home.Locate(lockName))
	if err != nil {
		return fmt.Errorf("models cannot be kept: %w", explained(err))
	}
	s.lock, s.reader = lock, false
	if f, ok := s.bucket.(*Folder); ok {
		if err = atomicfile.Sweep(f.root); err == nil {
			err = f.removeEmpty()
		}
		if err != nil {
			err = fmt.Errorf("removing what a killed program left half written: %w", explained(err))
		}
	} else {
		err = s.try(ctx)
	}
	if err != nil {
		return errors.Join(err, s.unlock())
	}
	return nil
}

// Exclusive reports whether Lock keeps all other programs from writing to the store: those of other machines, too.
func (s *Store) Exclusive() bool {
	_, ok := s.bucket.(*Folder)
	return ok
}

// try writes an object, and removes it.
func (s *Store) try(ctx context.Context) error {
	err := s.writeText(ctx, triedName, []byte("Whether models can be stored here.\n"))
	if err == nil {
		err = s.bucket.Remove(ctx, triedName)
	}
	if err != nil {
		return fmt.Errorf("models cannot be kept: %w", err)
	}
	return nil
}

// unlock gives the lock up, and removes the folder that was made for it alone.
func (s *Store) unlock() error {
	if s.home == "" || s.reader {
		return nil
	}
	err := s.lock.Release()
	s.lock, s.reader = nil, true
	_ = os.Remove(s.home) // it is not empty, as a rule
	return err
}

// ErrReader reports that a store was opened to be read.
var ErrReader = errors.New("the model store is open to be read, since another program may be writing to it")

// mayWrite refuses to write into a store that is open to be read.
func (s *Store) mayWrite() error {
	if s.reader {
		return ErrReader
	}
	return nil
}
