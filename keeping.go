package chimera

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/filelock"
	"github.com/gochimera/chimera/models"
)

// openWithin bounds how long a bucket may take to answer at the start.
const openWithin = 30 * time.Second

// openModels opens the project's store of models, and takes its lock. Unkept says why nothing is stored although the
// project wants it; the store can be read then, unless it is nil. A store that chimera.yaml names must be usable; without
// the default one the master runs all the same.
func (s *session) openModels(ctx context.Context) (store *models.Store, unkept string, err error) {
	if s.hidden || s.config.Models.Store == config.NoModels {
		return nil, "", nil
	}
	opening, cancel := context.WithTimeoutCause(ctx, openWithin, fmt.Errorf("no answer within %s", openWithin))
	defer cancel()
	store, err = models.Open(opening, s.config.Models.Store, s.config.Dir)
	if err == nil {
		err = store.Lock(opening)
	}
	var held *filelock.HeldError
	switch {
	case err == nil:
		return store, "", nil
	case errors.As(err, &held):
		s.log.WarnContext(ctx, "another program of the project stores its models; this one stores none", "program", held.Holder.String())
		return store, fmt.Sprintf("%s stores the models of this project", held.Holder), nil
	case s.config.Given("models.store"):
		hint := "name a folder that can be written or a bucket that can be reached, or none"
		if store != nil {
			_ = store.Close() // nothing was written
		}
		return nil, "", config.Errors{s.config.Problem("models.store", err.Error(), hint)}
	}
	s.log.WarnContext(ctx, "models are not stored, and are gone when the program ends: name another folder with models.store in chimera.yaml, or none",
		"error", err)
	if info, problem := os.Stat(filepath.Join(s.config.Dir, models.DefaultStore)); problem != nil || !info.IsDir() {
		return nil, err.Error(), store.Close()
	}
	return store, err.Error(), nil
}
