package kubernetes

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/workerimage"
)

// newImage puts a worker's image together. Its tag is a digest, so that another program or other rows are another image.
func (p *project) newImage(w launcher.Worker, executable string) (*ociimage.Image, error) {
	made, err := workerimage.New(workerimage.Spec{
		Worker: w, Executable: executable, Target: p.settings.target, Port: p.Network.Port,
		Labels: map[string]string{LabelProject: p.Project, LabelWorker: w.Name, annotationVersion: p.Version},
		NoData: p.settings.Rows == config.RowsClaim,
	}, func(digest string) (name.Tag, error) {
		repository := "chimera/" + statefulSet(p.Project, w.Name)
		if p.settings.registry != "" {
			// A first part without a dot, a port or the name localhost would be a folder of Docker Hub.
			repository = strings.TrimSuffix(p.settings.registry, "/") + "/" + statefulSet(p.Project, w.Name)
		}
		return name.NewTag(repository + ":" + digest[:12])
	})
	if err != nil {
		return nil, fmt.Errorf("the image of worker %s: %w", w.Name, err)
	}
	return made, nil
}

// push puts an image into the registry, unless that has it.
func (p *project) push(ctx context.Context, w launcher.Worker, image *ociimage.Image) error {
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
	if _, err := remote.Head(image.Tag, options...); err == nil {
		return nil // its tag is a digest, so it is this one
	}
	p.Observe(launcher.Event{Kind: launcher.Building, Worker: w.Name, Detail: fmt.Sprintf("image of %s, %.1f MB, to %s", w.Name, float64(image.Size)/1e6,
		image.Tag.RegistryStr())})
	if err := remote.Write(image.Tag, image.Image, options...); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &RegistryError{Worker: w.Name, Image: image.Reference(), Registry: image.Tag.RegistryStr(), Err: err}
	}
	return nil
}

// RegistryError is a registry that did not take an image.
type RegistryError struct {
	Worker, Image, Registry string
	Err                     error
}

// Error says what to do.
func (e *RegistryError) Error() string {
	advice := "check images.registry, and that it runs"
	if status := statusOf(e.Err); status == http.StatusUnauthorized || status == http.StatusForbidden {
		advice = "log in with `docker login " + e.Registry + "` as somebody who may write there"
	}
	return fmt.Sprintf("the image of worker %s did not get to the registry as %s: %s (%v)", e.Worker, e.Image, advice, e.Err)
}

// Unwrap is the registry's answer.
func (e *RegistryError) Unwrap() error { return e.Err }
