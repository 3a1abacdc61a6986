package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/launcher"
)

// What is where in an image.
const (
	imageExecutable = "/worker"
	imageData       = "/data"
)

// newImage puts a worker's image together. The same executable, data and
// names make the same image, whenever and wherever.
func (l *launch) newImage(w launcher.Worker, executable string) (*ociimage.Image, error) {
	program, err := ociimage.Single(imageExecutable, executable, 0o755)
	if err != nil {
		return nil, fmt.Errorf("the built worker: %w", err)
	}
	layers := []*ociimage.Layer{program}
	env := []string{launcher.EnvHost + "=0.0.0.0", launcher.EnvPort + "=" + strconv.Itoa(l.Network.Port)}
	if w.Data != "" {
		data, err := dataLayer(w.Data)
		if err != nil {
			return nil, err
		}
		layers = append(layers, data)
		env = append(env, launcher.EnvTrainData+"="+imageData)
	}
	return ociimage.New(ociimage.Spec{
		OS: l.engine.target.OS, Arch: l.engine.target.Arch, Layers: layers,
		Config: v1.Config{
			Entrypoint: []string{imageExecutable}, User: ociimage.User, WorkingDir: "/", Env: env,
			ExposedPorts: map[string]struct{}{string(l.port()): {}},
			Labels:       l.labels(w.Name, false),
		},
	}, func(digest string) (name.Tag, error) {
		return name.NewTag(fmt.Sprintf("chimera/%s:%s", l.containerName(w), digest[:12]))
	})
}

// dataLayer has everything in a worker's data folder.
func dataLayer(dir string) (*ociimage.Layer, error) {
	root := strings.TrimPrefix(imageData, "/")
	var files []ociimage.File
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		name := path.Join(root, filepath.ToSlash(rel))
		info, err := os.Stat(at) // links are followed: what they point to is not in the image
		switch {
		case err != nil:
			return err
		case info.IsDir() && !d.IsDir():
			return fmt.Errorf("%s is a link to a folder, which an image cannot have: put the folder itself there", at)
		case info.IsDir():
			files = append(files, ociimage.File{Name: name + "/", Mode: 0o755})
		case info.Mode().IsRegular():
			files = append(files, ociimage.File{Name: name, Source: at, Mode: 0o644, Size: info.Size()})
		default:
			return fmt.Errorf("%s is neither a file nor a folder", at)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("training data: %w", err)
	}
	return ociimage.NewLayer(files)
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
