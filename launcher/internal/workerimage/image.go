// Package workerimage puts the image of a worker together: its executable and its rows, on top of nothing.
//
// Launchers whose workers run in containers share it (docker, kubernetes). It imports internal/ociimage and launcher; it knows no engine.
package workerimage

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/gochimera/chimera/internal/gobuild"
	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/launcher"
)

// What is where in an image.
const (
	Executable = "/worker"
	Data       = "/data"
)

// Spec says whose image it is.
type Spec struct {
	Worker     launcher.Worker
	Executable string         // of this machine, built for Target
	Target     gobuild.Target // the system that it runs on
	Port       int            // that the worker listens on in its container
	Labels     map[string]string
	NoData     bool // the worker's rows are elsewhere: in a volume
}

// New puts a worker's image together. The same executable, data and
// names make the same image, whenever and wherever. tag names it, by the hexadecimal digest of its configuration.
func New(s Spec, tag func(digest string) (name.Tag, error)) (*ociimage.Image, error) {
	program, err := ociimage.Single(Executable, s.Executable, 0o755)
	if err != nil {
		return nil, fmt.Errorf("the built worker: %w", err)
	}
	layers := []*ociimage.Layer{program}
	port := strconv.Itoa(s.Port)
	env := []string{launcher.EnvHost + "=0.0.0.0", launcher.EnvPort + "=" + port}
	if s.Worker.Data != "" {
		env = append(env, launcher.EnvTrainData+"="+Data)
	}
	if s.Worker.Data != "" && !s.NoData {
		data, err := dataLayer(s.Worker.Data)
		if err != nil {
			return nil, err
		}
		layers = append(layers, data)
	}
	return ociimage.New(ociimage.Spec{
		OS: s.Target.OS, Arch: s.Target.Arch, Layers: layers,
		Config: v1.Config{
			Entrypoint: []string{Executable}, User: ociimage.User, WorkingDir: "/", Env: env,
			ExposedPorts: map[string]struct{}{port + "/tcp": {}},
			Labels:       s.Labels,
		},
	}, tag)
}

// dataLayer has everything in a worker's data folder.
func dataLayer(dir string) (*ociimage.Layer, error) {
	root := strings.TrimPrefix(Data, "/")
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
