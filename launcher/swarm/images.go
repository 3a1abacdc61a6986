package swarm

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/api/types/swarm"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/launcher"
)

// source is from where nodes get the images.
type source interface {
	// put makes a worker's image available, and returns what its service calls it.
	put(ctx context.Context, w launcher.Worker, made *ociimage.Image) (string, error)
	auth() string // by which nodes are let in, as Docker's API wants it
	close()
}

// source chooses: a registry of the user's, the only node's engine, or this program.
func (l *launch) source(ctx context.Context) (source, error) {
	switch {
	case l.settings.Registry != "":
		p, err := newPusher(l)
		if err != nil {
			return nil, err
		}
		return p, nil
	case !l.others():
		return loader{l}, nil
	default:
		o, err := newOffer(ctx, l)
		if err != nil {
			return nil, err
		}
		return o, nil
	}
}

// others reports whether workers may run on other nodes than the engine's.
func (l *launch) others() bool {
	for id, n := range l.nodes {
		if id != l.own && n.Spec.Availability != swarm.NodeAvailabilityDrain {
			return true
		}
	}
	return l.nodes[l.own].Spec.Availability == swarm.NodeAvailabilityDrain
}

// loader gives images to the engine by its API.
type loader struct{ *launch }

func (l loader) put(ctx context.Context, w launcher.Worker, made *ociimage.Image) (string, error) {
	has, err := l.api().ImageInspect(ctx, made.Reference())
	if err == nil {
		return has.ID, nil // its tag is a digest, so it is this one
	}
	l.Observe(launcher.Event{Kind: launcher.Building, Worker: w.Name, Detail: fmt.Sprintf("image of %s, %.1f MB", w.Name, float64(made.Size)/1e6)})
	if err := l.engine.Load(ctx, made); err != nil {
		return "", err
	}
	has, err = l.api().ImageInspect(ctx, made.Reference())
	return has.ID, l.engine.Explain(err) // an engine does not look for an ID in a registry
}

func (loader) auth() string { return "" }

func (loader) close() {}

// pusher puts images into a registry of the user's.
type pusher struct {
	*launch
	credentials string
}

func newPusher(l *launch) (*pusher, error) {
	at, err := name.NewRepository(l.settings.Registry + "/" + l.Project)
	if err != nil {
		return nil, fmt.Errorf("images.registry: %w", err)
	}
	who, err := authn.DefaultKeychain.Resolve(at)
	if err != nil {
		return nil, fmt.Errorf("images.registry: the credentials for %s: %w", at.RegistryStr(), err)
	}
	known, err := who.Authorization()
	if err != nil {
		return nil, fmt.Errorf("images.registry: the credentials for %s: %w", at.RegistryStr(), err)
	}
	text, err := json.Marshal(registry.AuthConfig{
		Username: known.Username, Password: known.Password, IdentityToken: known.IdentityToken, RegistryToken: known.RegistryToken, ServerAddress: at.RegistryStr(),
	})
	return &pusher{launch: l, credentials: base64.URLEncoding.EncodeToString(text)}, err
}

func (p *pusher) put(ctx context.Context, w launcher.Worker, made *ociimage.Image) (string, error) {
	at, err := name.NewTag(p.settings.Registry + "/" + strings.TrimPrefix(made.Reference(), "chimera/"))
	if err != nil {
		return "", err
	}
	p.Observe(launcher.Event{Kind: launcher.Building, Worker: w.Name, Detail: fmt.Sprintf("image of %s for %s", w.Name, at.RegistryStr())})
	if err := remote.Write(at, made.Image, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return "", fmt.Errorf("writing it to %s: %w", at, err)
	}
	digest, err := made.Digest()
	return at.Context().Digest(digest.String()).String(), err
}

func (p *pusher) auth() string { return p.credentials }

func (*pusher) close() {}
