package modelimage_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/gochimera/chimera/cmd/chimera/internal/modelimage"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/serving"
)

// mostProgram is how large the layer of the program may be, in bytes: that of an image without the model. It is the whole of what a
// container needs, so it is the size of the tar that the engine keeps. Method names that are looked up while the program runs (package
// reflect), as packages html/template and validator do, make the linker keep every method, and cost a third.
const mostProgram = 15_000_000

const asked = `{"X_pred_columns":["town","age"],"X_pred_rows":[["ulm",1.5],[null,null],["köln",8]]}`

var projects = map[string]string{
	"aggregation":      "project: sizes\nseed: 3\nworkers: 2\nlearner: forest-classifier\nparams: {n_estimators: 5}\nbootstrap: true\ntarget: y",
	"parameter-server": "project: sizes\nseed: 3\nmaster: parameter-server\nworkers: 2\nlearner: sgd-classifier\ntarget: y\nparameter_server: {max_iter: 20}",
	"pipeline":         "project: sizes\nseed: 3\nmaster: pipeline\nworkers: 2\nlearner: mlp-classifier\ntarget: y\npipeline: {max_iter: 5}",
	"summation":        "project: sizes\nseed: 3\nmaster: summation\nworkers: 2\nlearner: boosting-classifier\nparams: {max_iter: 5}\ntarget: y",
}

func repository(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// request is for an image that runs on this machine, if it is one of Linux.
func request(t *testing.T, file string) modelimage.Request {
	t.Helper()
	return modelimage.Request{File: file, Platform: modelimage.Here(), Source: repository(t)}
}

// The image of each kind's model is the program, the model and what runs them; the program answers as the model's master does, to the bit.
func TestImageServes(t *testing.T) {
	t.Setenv("CHIMERA_CACHE", t.TempDir())
	for kind, text := range projects {
		t.Run(kind, func(t *testing.T) {
			file := stored(t, text)
			made, err := modelimage.Make(t.Context(), request(t, file))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("program %d bytes", made.Program)
			if made.Program > mostProgram {
				t.Errorf("the layer of the program has %d bytes, more than %d: what does it link?", made.Program, mostProgram)
			}
			var image, again bytes.Buffer
			if err := made.Write(&image); err != nil {
				t.Fatal(err)
			}
			later, err := modelimage.Make(t.Context(), request(t, file))
			if err == nil {
				err = later.Write(&again)
			}
			if err != nil || !bytes.Equal(image.Bytes(), again.Bytes()) {
				t.Errorf("made again it is another image, %v", err)
			}
			dir := unpack(t, image.Bytes(), made.Manifest)
			same, err := os.ReadFile(filepath.Join(dir, "model.chimera"))
			if want, _ := os.ReadFile(file); err != nil || !bytes.Equal(same, want) {
				t.Errorf("the model in the image is another one, %v", err)
			}
			if runtime.GOOS != "linux" {
				t.Skip("the program in the image runs on Linux")
			}
			serves(t, dir, "/v1/chimera/"+kind+"/predict", direct(t, file, "/v1/chimera/"+kind+"/predict"))
		})
	}
}

// unpack checks an image that was written, and unpacks its layers.
func unpack(t *testing.T, image []byte, m *models.Manifest) string {
	t.Helper()
	read, err := tarball.Image(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(image)), nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	config, err := read.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c := config.Config
	for _, d := range []string{
		cmp.Diff("linux", config.OS), cmp.Diff(modelimage.Here().Arch, config.Architecture), cmp.Diff("65532:65532", c.User),
		cmp.Diff([]string{"/serve"}, c.Entrypoint), cmp.Diff([]string{"CMD", "/serve", "healthcheck"}, c.Healthcheck.Test),
		cmp.Diff(map[string]struct{}{"8080/tcp": {}}, c.ExposedPorts),
		cmp.Diff([]string{"CHIMERA_MASTER_HOST=0.0.0.0", "CHIMERA_MASTER_PORT=8080", "CHIMERA_SECURITY_CLIENTS=none"}, c.Env),
		cmp.Diff(m.ID, c.Labels["io.github.gochimera.model"]), cmp.Diff("sizes", c.Labels["io.github.gochimera.model.project"]),
		cmp.Diff(m.Version, c.Labels["io.github.gochimera.model.version"]), cmp.Diff(m.Created.UTC(), config.Created.UTC()),
	} {
		if d != "" {
			t.Error(d)
		}
	}
	if _, own := c.Labels["io.github.gochimera.project"]; own {
		t.Error("chimera down would remove the image")
	}
	layers, err := read.Layers()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var files []string
	for _, l := range layers {
		body, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		archive := tar.NewReader(body)
		h, err := archive.Next()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(h.Name)), text, h.FileInfo().Mode())
		}
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, h.FileInfo().Mode().String()+" "+h.Name)
		if _, err := archive.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("there is more than one file in the layer of %s: %v", h.Name, err)
		}
	}
	if d := cmp.Diff([]string{"-rwxr-xr-x serve", "-r--r--r-- model.chimera"}, files); d != "" {
		t.Error(d)
	}
	return dir
}

// direct is what the model answers in this process.
func direct(t *testing.T, file, path string) string {
	t.Helper()
	m, err := serving.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	s, err := serving.Start(t.Context(), m, serving.Options{Masters: masters.All()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+path, strings.NewReader(asked))
	r.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

var address = regexp.MustCompile(`master +(http://localhost:([0-9]+))`)

// serves runs the program in an empty environment, asks it, and ends it.
func serves(t *testing.T, dir, path, want string) {
	t.Helper()
	program := filepath.Join(dir, "serve")
	cmd := exec.CommandContext(t.Context(), program, "serve", filepath.Join(dir, "model.chimera"))
	cmd.Dir, cmd.Env = t.TempDir(), []string{"CHIMERA_MASTER_PORT=0", `CHIMERA_MASTER_ALLOWED_HOSTS=["model.example.org"]`}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var at []string
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "Ready.") {
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			at = m
		}
	}
	if at == nil {
		t.Fatalf("it does not say where it serves: %v %s", cmd.Wait(), &errs)
	}
	if status, body := ask(t, http.MethodPost, at[1]+path, "", asked); status != http.StatusOK || body != want {
		t.Errorf("the program answers %d\n%s\nand the model\n%s", status, body, want)
	}
	for _, page := range []string{"/docs", "/docs/swagger-ui-bundle.js", "/openapi.json", "/v1/chimera/ready"} {
		if status, body := ask(t, http.MethodGet, at[1]+page, "", ""); status != http.StatusOK {
			t.Errorf("%s: %d %.200s", page, status, body)
		}
	}
	if status, _ := ask(t, http.MethodGet, at[1]+"/v1/chimera/ready", "model.example.org", ""); status != http.StatusOK {
		t.Errorf("by a name that it was told it answers %d", status)
	}
	if status, _ := ask(t, http.MethodGet, at[1]+"/v1/chimera/ready", "other.example.org", ""); status == http.StatusOK {
		t.Error("it answers to any name")
	}
	check := exec.CommandContext(t.Context(), program, "healthcheck")
	check.Env = []string{"CHIMERA_MASTER_PORT=" + at[2]}
	if text, err := check.CombinedOutput(); err != nil {
		t.Errorf("healthcheck: %v %s", err, text)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // to its end
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ends with %v\n%s", err, &errs)
	}
}

func ask(t *testing.T, method, url, host, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// What no image can be made of is refused before anything is built, with a reason.
func TestRefused(t *testing.T) {
	file := stored(t, projects["aggregation"])
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Setenv("PATH", dir) // no go command: nothing can be built
	write := func(name string, text []byte) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	inPart := bytes.Clone(whole)
	inPart[bytes.Index(whole, []byte("parts/"))+200] ^= 1
	for _, tt := range []struct {
		name   string
		change func(r *modelimage.Request)
		want   string
	}{
		{"a file that is not there", func(r *modelimage.Request) { r.File = filepath.Join(dir, "none.chimera") }, "none.chimera: no such file or directory"},
		{"a folder", func(r *modelimage.Request) { r.File = dir }, "it is a folder: write the model into one file with chimera models export"},
		{"no model", func(r *modelimage.Request) { r.File = write("rows.csv", []byte("a,b\n1,2\n")) }, "rows.csv"},
		{"cut off", func(r *modelimage.Request) { r.File = write("short.chimera", whole[:len(whole)-100]) }, "short.chimera"},
		{"damaged", func(r *modelimage.Request) { r.File = write("bad.chimera", inPart) }, "bad.chimera"},
		{"a bad name", func(r *modelimage.Request) { r.Tag = "Iris:1" }, `--tag: "Iris:1" is no name of an image`},
		{"no module", func(r *modelimage.Request) { r.Source, r.Project = "", dir }, "is built by a Go module that requires github.com/gochimera/chimera"},
		{"no go command", func(*modelimage.Request) {}, "the go command"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := request(t, file)
			tt.change(&r)
			if _, err := modelimage.Make(t.Context(), r); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}
