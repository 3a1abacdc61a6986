package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/gochimera/chimera/launcher"
)

// What is where in an image.
const (
	imageExecutable = "/worker"
	imageData       = "/data"
	imageUser       = "65532:65532" // nobody in particular; an empty file system has no users
)

// workerImage is the image of one worker.
type workerImage struct {
	v1.Image
	tag  name.Tag
	size int64 // of its layers, in bytes
}

// newImage puts a worker's image together. The same executable, data and
// names make the same image, whenever and wherever.
func (l *launch) newImage(w launcher.Worker, executable string) (*workerImage, error) {
	program, err := executableLayer(executable)
	if err != nil {
		return nil, err
	}
	made := &workerImage{size: program.size}
	layers := []v1.Layer{program}
	env := []string{launcher.EnvHost + "=0.0.0.0", launcher.EnvPort + "=" + strconv.Itoa(l.Network.Port)}
	if w.Data != "" {
		data, err := dataLayer(w.Data)
		if err != nil {
			return nil, err
		}
		made.size += data.size
		layers = append(layers, data)
		env = append(env, launcher.EnvTrainData+"="+imageData)
	}
	if made.Image, err = mutate.AppendLayers(empty.Image, layers...); err != nil {
		return nil, err
	}
	config, err := made.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = l.engine.target.OS, l.engine.target.Arch
	config.Config = v1.Config{
		Entrypoint: []string{imageExecutable}, User: imageUser, WorkingDir: "/", Env: env,
		ExposedPorts: map[string]struct{}{string(l.port()): {}},
		Labels:       l.labels(w.Name, false),
	}
	if made.Image, err = mutate.ConfigFile(made.Image, config); err != nil {
		return nil, err
	}
	id, err := made.ConfigName()
	if err != nil {
		return nil, err
	}
	made.tag, err = name.NewTag(fmt.Sprintf("chimera/%s:%s", l.containerName(w), id.Hex[:12]))
	return made, err
}

// reference is what the engine calls the image.
func (i *workerImage) reference() string { return i.tag.RepositoryStr() + ":" + i.tag.TagStr() }

// load gives the engine a worker's image, unless it has it, and removes the
// worker's older ones.
func (l *launch) load(ctx context.Context, w launcher.Worker, made *workerImage) error {
	if _, err := l.engine.api.ImageInspect(ctx, made.reference()); err == nil {
		return nil // its tag is a digest, so it is this one
	} else if !errdefs.IsNotFound(err) {
		return l.engine.explain(err)
	}
	l.Observe(launcher.Event{Kind: launcher.Building, Worker: w.Name, Detail: fmt.Sprintf("image of %s, %.1f MB", w.Name, float64(made.size)/1e6)})
	if err := l.engine.load(ctx, made); err != nil {
		return fmt.Errorf("loading the image of worker %s: %w", w.Name, l.engine.explain(err))
	}
	l.removeOlder(ctx, w, made.reference())
	return nil
}

// load sends an image and reads the answer to its end, where errors are.
func (e *Engine) load(ctx context.Context, made *workerImage) error {
	r, w := io.Pipe()
	written := make(chan error, 1)
	go func() { // ends when r is closed, and is waited for below
		err := tarball.Write(made.tag, made, w)
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
		l.Log.Warn("listing older images", "worker", w.Name, "error", err)
		return
	}
	for _, old := range list {
		for _, tag := range old.RepoTags {
			if tag == current {
				continue
			}
			if _, err := l.engine.api.ImageRemove(ctx, tag, image.RemoveOptions{}); err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
				l.Log.Warn("removing an older image", "worker", w.Name, "image", tag, "error", err)
			}
		}
	}
}
