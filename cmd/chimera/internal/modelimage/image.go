package modelimage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/gobuild"
	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/serving"
)

// What is where in an image.
const (
	executable = "/serve"
	modelFile  = "/model" + models.Extension
)

// The labels of an image, beside the standard ones. The engine's containers of a project have others, by which they are removed.
const (
	labelModel   = "io.github.gochimera.model"         // ID of the fit that made it
	labelProject = "io.github.gochimera.model.project" // that it was fitted in
	labelVersion = "io.github.gochimera.model.version" // of Chimera that fitted it
	labelTitle   = "org.opencontainers.image.title"
)

// folder is where the compiler sees the program's main package.
const folder = "chimera_model_server"

// Platform is what an image runs on, as GOOS and GOARCH name it.
type Platform struct{ OS, Arch string }

// Platforms are those that images can be for.
func Platforms() []string { return []string{"linux/amd64", "linux/arm64"} }

// ParsePlatform reads a platform such as linux/amd64.
func ParsePlatform(s string) (Platform, error) {
	if !slices.Contains(Platforms(), s) {
		return Platform{}, fmt.Errorf("want %s, got %q", strings.Join(Platforms(), " or "), s)
	}
	system, architecture, _ := strings.Cut(s, "/")
	return Platform{system, architecture}, nil
}

// Here is the platform of this machine's containers.
func Here() Platform {
	p, err := ParsePlatform("linux/" + runtime.GOARCH)
	if err != nil {
		return Platform{"linux", "amd64"}
	}
	return p
}

// String is the platform as it is written.
func (p Platform) String() string { return p.OS + "/" + p.Arch }

// Request says what image to make.
type Request struct {
	File     string   // the model's, an archive
	Tag      string   // NAME or NAME:TAG; empty is chimera/PROJECT:ID of the model
	Platform Platform // that it runs on

	Project  string            // the folder of a project; empty without one
	Packages []string          // import paths of the project's packages
	Source   string            // the folder of Chimera's own source; empty if it is not here
	Progress func(line string) // of the build; may be nil
}

// Error is a file that no image can be made of.
type Error struct {
	File string
	Err  error
}

// Error names the file.
func (e *Error) Error() string { return e.File + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// TagError is a name that no image can have.
type TagError struct{ Err error }

// Error says what to do.
func (e *TagError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *TagError) Unwrap() error { return e.Err }

// Made is an image, with what it was made of.
type Made struct {
	*ociimage.Image
	Manifest       *models.Manifest
	Program, Model int64 // bytes of the layers
}

// Make makes an image of a model. The model is read as a whole first, so that nothing damaged becomes an image. Errors about the file or the
// tag are an *Error or a *TagError; those of the build are gobuild's.
func Make(ctx context.Context, r Request) (*Made, error) {
	m, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	tag, err := r.tag(m)
	if err != nil {
		return nil, err
	}
	p, err := programOf(m, r.Packages)
	if err != nil {
		return nil, &Error{r.File, err}
	}
	dir, err := r.dir(ctx, p)
	if err != nil {
		return nil, err
	}
	built, err := gobuild.Build(ctx, gobuild.Request{
		Dense: true,
		Dir:   dir, Mains: []gobuild.Main{{Folder: folder, Cgo: p.cgo}}, Texts: map[string][]byte{folder: p.text},
		Target: gobuild.Target{OS: r.Platform.OS, Arch: r.Platform.Arch}, Progress: r.Progress,
	})
	if err != nil {
		return nil, err
	}
	program, err := ociimage.Single(executable, built[0], 0o755)
	if err != nil {
		return nil, fmt.Errorf("the built program: %w", err)
	}
	model, err := ociimage.Single(modelFile, r.File, 0o444)
	if err != nil {
		return nil, &Error{r.File, err}
	}
	made := &Made{Manifest: m}
	if made.Program, err = program.Size(); err == nil {
		made.Model, err = model.Size()
	}
	if err != nil {
		return nil, err
	}
	made.Image, err = ociimage.New(ociimage.Spec{
		OS: r.Platform.OS, Arch: r.Platform.Arch, Created: m.Created.UTC(), Config: settings(m), Layers: []*ociimage.Layer{program, model},
	}, func(string) (name.Tag, error) { return tag, nil })
	return made, err
}

// clients says by what clients are known. A container is told that it may trust whoever reaches it, since who does is decided where its port
// is published; whoever runs it says otherwise by the same variable.
const clients = "CHIMERA_SECURITY_CLIENTS"

// settings say how a container runs.
func settings(m *models.Manifest) v1.Config {
	port := strconv.Itoa(serving.DefaultPort)
	return v1.Config{
		Entrypoint: []string{executable}, User: ociimage.User, WorkingDir: "/", StopSignal: "SIGTERM",
		Env:          []string{environment.MasterHost + "=0.0.0.0", environment.MasterPort + "=" + port, clients + "=none"},
		ExposedPorts: map[string]struct{}{port + "/tcp": {}},
		Healthcheck: &v1.HealthConfig{
			Test: []string{"CMD", executable, "healthcheck"}, Interval: 10 * time.Second, Timeout: 10 * time.Second, StartPeriod: 10 * time.Second, Retries: 3,
		},
		Labels: map[string]string{
			labelModel: m.ID, labelProject: m.Project, labelVersion: m.Version,
			labelTitle: fmt.Sprintf("model %s of project %s (%s)", m.ID, m.Project, m.Kind),
		},
	}
}

// read reads the whole model.
func (r Request) read(ctx context.Context) (m *models.Manifest, err error) {
	if info, err := os.Stat(r.File); err == nil && info.IsDir() {
		return nil, &Error{r.File, errors.New("it is a folder: write the model into one file with chimera models export")}
	}
	a, err := models.OpenArchive(ctx, r.File, models.Limits{})
	if err != nil {
		return nil, r.refuse(ctx, err)
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.Verify(ctx); err != nil {
		return nil, r.refuse(ctx, err)
	}
	m = a.Manifest()
	if m.Config == "" {
		return nil, &Error{r.File, fmt.Errorf("the model was stored by a version of Chimera (%s) that did not say how to serve it alone: fit it again", m.Version)}
	}
	return m, nil
}

// refuse is an error of the file, unless it is that ctx has ended.
func (r Request) refuse(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &Error{r.File, err}
}

// tag is the image's name.
func (r Request) tag(m *models.Manifest) (name.Tag, error) {
	if r.Tag != "" {
		tag, err := ociimage.ParseTag(r.Tag)
		if err != nil {
			return tag, &TagError{fmt.Errorf("--tag: %w", err)}
		}
		return tag, nil
	}
	tag, err := ociimage.ParseTag("chimera/" + m.Project + ":" + m.ID)
	if err != nil {
		return tag, &TagError{fmt.Errorf("the model's project and ID make no name of an image (%w): give one with --tag", err)}
	}
	return tag, nil
}

// dir is the folder of the module in which the program is built: Chimera's own, so that the image is the same wherever it is made; the
// project's if something of it is needed, or if Chimera's source is not here.
func (r Request) dir(ctx context.Context, p program) (string, error) {
	if !p.own && r.Source != "" && !cached(ctx, r.Source) {
		return r.Source, nil
	}
	if r.Project != "" {
		dir, err := filepath.Abs(r.Project)
		if err != nil {
			return "", err
		}
		if p.own || requires(ctx, dir) {
			return dir, nil
		}
	}
	return "", &Error{r.File, errors.New("the program that serves it is built by a Go module that requires " + module + ", and there is none here: " +
		"run this in the folder of a project, or name one with --project")}
}

// cached reports whether a folder is in the go command's cache of modules, where nothing can be built that is not there.
func cached(ctx context.Context, dir string) bool {
	cmd := exec.CommandContext(ctx, "go", "env", "GOMODCACHE")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return false // and the build says so
	}
	rel, err := filepath.Rel(strings.TrimSpace(string(out)), dir)
	return err == nil && filepath.IsLocal(rel)
}

// requires reports whether the folder is in a module that has Chimera.
func requires(ctx context.Context, dir string) bool {
	if _, err := config.FindModule(dir); err != nil {
		return false
	}
	cmd := exec.CommandContext(ctx, "go", "list", "-m", module)
	cmd.Dir = dir
	return cmd.Run() == nil
}
