package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/workerimage"
)

// newImage puts a worker's image together.
func (l *launch) newImage(w launcher.Worker, executable string) (*ociimage.Image, error) {
	return workerimage.New(workerimage.Spec{
		Worker: w, Executable: executable, Target: l.engine.target, Port: l.Network.Port, Labels: l.labels(w.Name, false),
	}, func(digest string) (name.Tag, error) {
		return name.NewTag(fmt.Sprintf("chimera/%s:%s", l.containerName(w), digest[:12]))
	})
}

// load gives the engine a worker's image, unless it has it, and removes the
// worker's older ones.
func (l *launch) load(ctx context.Context, w launcher.Worker, made *ociimage.Image) error {
	if _, err := l.engine.api.ImageInspect(ctx, made.Reference()); err == nil {
		return nil // its tag is a digest, so it is this one
	} else if !errdefs.IsNotFound(err) {
		return l.engine.explain(err)
	}
	l.Observe(launcher.Event{Kind: launcher.Building, Worker: w.Name, Detail: fmt.Sprintf("image of %s, %.1f MB", w.Name, float64(made.Size)/1e6)})
	if err := l.engine.send(ctx, made); err != nil {
		return fmt.Errorf("loading the image of worker %s: %w", w.Name, l.engine.explain(err))
	}
	l.removeOlder(ctx, w, made.Reference())
	return nil
}

// Load gives the engine an image under its name, which another one with that name loses.
func (e *Engine) Load(ctx context.Context, made *ociimage.Image) error {
	if err := e.send(ctx, made); err != nil {
		return fmt.Errorf("loading the image %s: %w", made.Reference(), e.explain(err))
	}
	return nil
}

// send sends an image and reads the answer to its end, where errors are.
func (e *Engine) send(ctx context.Context, made *ociimage.Image) error {
	r, w := io.Pipe()
	written := make(chan error, 1)
	go func() { // ends when r is closed, and is waited for below
		err := made.Write(w)
		_ = w.CloseWithError(err) // it never fails
		written <- err
	}()
	answer, err := e.api.ImageLoad(ctx, r, client.ImageLoadWithQuiet(true))
	if err == nil {
		err = loadErrors(answer.Body)
		_ = answer.Body.Close()
	}
	_ = r.CloseWithError(errors.New("the engine took no more")) // it never fails
	if failed := <-written; failed != nil && err == nil {
		err = failed
	}
	return err
}

// loadErrors finds the error in the messages that answer a load.
func loadErrors(messages io.Reader) error {
	decoder := json.NewDecoder(messages)
	for {
		var message struct {
			Error string `json:"error"`
		}
		err := decoder.Decode(&message)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case message.Error != "":
			return errors.New(message.Error)
		}
	}
}

// removeOlder removes a worker's other images, so that a changing worker does
// not fill the disk. One that is in use stays, until next time.
func (l *launch) removeOlder(ctx context.Context, w launcher.Worker, current string) {
	list, err := l.engine.api.ImageList(ctx, image.ListOptions{Filters: having(LabelProject+"="+l.Project, LabelWorker+"="+w.Name)})
	if err != nil {
		l.Log.WarnContext(ctx, "listing older images", "worker", w.Name, "error", err)
		return
	}
	for _, old := range list {
		for _, tag := range old.RepoTags {
			if tag == current {
				continue
			}
			if _, err := l.engine.api.ImageRemove(ctx, tag, image.RemoveOptions{}); err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
				l.Log.WarnContext(ctx, "removing an older image", "worker", w.Name, "image", tag, "error", err)
			}
		}
	}
}
