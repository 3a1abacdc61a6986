package docker

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/internal/gobuild"
	"github.com/gochimera/chimera/launcher"
)

// write makes a file of a folder, as old as it likes.
func write(t *testing.T, dir, name, text string, age time.Duration) string {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-age)
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
	return file
}

// rows is a data folder made in some order, at some time.
func rows(t *testing.T, age time.Duration, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, n := range names {
		write(t, dir, n, "rows of "+n, age)
	}
	return dir
}

// fakeLaunch is one that needs no engine.
func fakeLaunch() *launch {
	return &launch{
		Plan:   launcher.Plan{Project: "p", Version: "v1", Network: launcher.Network{Port: 80}},
		engine: &Engine{target: gobuild.Target{OS: "linux", Arch: "arm64"}}, run: "r",
	}
}

// The same contents under the same names are the same image, whenever, wherever
// and in whatever order they were written; anything else is another image.
func TestImagesAreReproducible(t *testing.T) {
	executable := write(t, t.TempDir(), "tree1-0123", "program", time.Hour)
	worker := launcher.Worker{Name: "tree1", Data: rows(t, time.Hour, "X_train.csv", "y_train.csv", "more/z.csv")}
	digest := func(change func(l *launch, w *launcher.Worker, executable *string)) string {
		t.Helper()
		l, w, file := fakeLaunch(), worker, executable
		change(l, &w, &file)
		made, err := l.newImage(w, file)
		if err != nil {
			t.Fatal(err)
		}
		id, err := made.ConfigName()
		if err != nil {
			t.Fatal(err)
		}
		if want := "chimera/p-" + w.Name + ":" + id.Hex[:12]; l.Project == "p" && made.Reference() != want {
			t.Errorf("the image is called %s, want %s", made.Reference(), want)
		}
		return id.String()
	}
	first := digest(func(*launch, *launcher.Worker, *string) {})
	for name, change := range map[string]func(*launch, *launcher.Worker, *string){
		"again": func(*launch, *launcher.Worker, *string) {},
		"written elsewhere, later, in another order": func(_ *launch, w *launcher.Worker, file *string) {
			w.Data = rows(t, 0, "more/z.csv", "y_train.csv", "X_train.csv")
			*file = write(t, t.TempDir(), "other", "program", 0)
		},
		"in another run": func(l *launch, _ *launcher.Worker, _ *string) { l.run = "s" },
		"with settings of the container": func(_ *launch, w *launcher.Worker, _ *string) {
			w.Port, w.CPUShares, w.Env = 8081, 2, []string{"A=b"}
		},
	} {
		if got := digest(change); got != first {
			t.Errorf("%s: another image", name)
		}
	}
	for name, change := range map[string]func(*launch, *launcher.Worker, *string){
		"another program": func(_ *launch, _ *launcher.Worker, file *string) {
			*file = write(t, t.TempDir(), "a", "program!", time.Hour)
		},
		"other data":      func(_ *launch, w *launcher.Worker, _ *string) { w.Data = rows(t, 0, "X_train.csv") },
		"no data":         func(_ *launch, w *launcher.Worker, _ *string) { w.Data = "" },
		"another project": func(l *launch, _ *launcher.Worker, _ *string) { l.Project = "q" },
		"another machine": func(l *launch, _ *launcher.Worker, _ *string) { l.engine.target.Arch = "amd64" },
		"another port":    func(l *launch, _ *launcher.Worker, _ *string) { l.Network.Port = 8000 },
	} {
		if got := digest(change); got == first {
			t.Errorf("%s: the same image", name)
		}
	}
}

func TestImageRunsByItself(t *testing.T) {
	l := fakeLaunch()
	made, err := l.newImage(launcher.Worker{Name: "tree1", Data: rows(t, 0, "X_train.csv")}, write(t, t.TempDir(), "tree1", "program", 0))
	if err != nil {
		t.Fatal(err)
	}
	config, err := made.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.OS != "linux" || config.Architecture != "arm64" {
		t.Errorf("the image is for %s/%s", config.OS, config.Architecture)
	}
	c := config.Config
	for _, d := range []string{
		cmp.Diff([]string{"/worker"}, c.Entrypoint),
		cmp.Diff([]string{"CHIMERA_WORKERS_HOST=0.0.0.0", "CHIMERA_WORKERS_PORT=80", "CHIMERA_TRAIN_DATA=/data"}, c.Env),
		cmp.Diff("65532:65532", c.User),
		cmp.Diff(map[string]struct{}{"80/tcp": {}}, c.ExposedPorts),
		cmp.Diff(map[string]string{LabelProject: "p", LabelWorker: "tree1", LabelVersion: "v1"}, c.Labels),
	} {
		if d != "" {
			t.Error(d)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	tests := []struct{ name, answer, want string }{
		{"done", `{"stream":"Loaded image: x\n"}`, ""},
		{"nothing", "", ""},
		{"an error after progress", `{"status":"Loading"}` + "\n" +
			`{"errorDetail":{"message":"no space left on device"},"error":"no space left on device"}`, "no space left on device"},
		{"cut off", `{"status":`, "unexpected EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := loadErrors(strings.NewReader(tt.answer)); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("error %q, want %q", got, tt.want)
			}
		})
	}
	err := (&Engine{host: "unix:///x"}).explain(errors.New("write /layer: no space left on device"))
	if !strings.Contains(err.Error(), "chimera down") {
		t.Errorf("a full disk: %v", err)
	}
}
