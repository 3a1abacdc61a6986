package launcher_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gochimera/chimera/launcher"
)

func TestPlanErrors(t *testing.T) {
	change := func(f func(*launcher.Plan)) launcher.Plan {
		p := plan("tree1", "tree2")
		f(&p)
		return p
	}
	first := func(f func(*launcher.Worker)) launcher.Plan {
		return change(func(p *launcher.Plan) { f(&p.Workers[0]) })
	}
	url := func(text string) launcher.Plan { return at("tree1", text) }
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	process, external := launcher.Process{}, launcher.External{}
	tests := []struct {
		name string
		l    launcher.Launcher
		p    launcher.Plan
		says []string
	}{
		{"no workers", process, launcher.Plan{}, []string{"there are no workers"}},
		{"a worker without a name", process, first(func(w *launcher.Worker) { w.Name = "" }), []string{`"" is not a worker's name`}},
		{"a name that is a path", process, first(func(w *launcher.Worker) { w.Name = "../tree1" }), []string{`"../tree1" is not a worker's name`}},
		{"names that differ by case", process, first(func(w *launcher.Worker) { w.Name = "Tree2" }), []string{"Tree2 and tree2 have the same name"}},
		{"no main package", process, first(func(w *launcher.Worker) { w.Main = "chimera_workers/tree9" }),
			[]string{"worker tree1 has no main package", "tree9", "go generate"}},
		{"a main package outside", process, first(func(w *launcher.Worker) { w.Main = "../other" }),
			[]string{"worker tree1", "not a folder within the project"}},
		{"the project as main package", process, first(func(w *launcher.Worker) { w.Main = "" }), []string{"worker tree1", "not a folder within the project"}},
		{"main packages of one last name", process, first(func(w *launcher.Worker) { w.Main = "chimera_train_data/tree2" }), []string{"same last name"}},
		{"no such data", process, first(func(w *launcher.Worker) { w.Data = "nowhere" }), []string{"worker tree1: training data", "nowhere"}},
		{"data that is a file", process, first(func(w *launcher.Worker) { w.Data = file }), []string{"worker tree1: training data", "not a folder"}},
		{"a port too high", process, first(func(w *launcher.Worker) { w.Port = 70000 }), []string{"worker tree1: 70000 is not a port"}},
		{"one port for two", process, change(func(p *launcher.Plan) { p.Workers[0].Port, p.Workers[1].Port = 8081, 8081 }),
			[]string{"tree1 and tree2 have the same port 8081"}},
		{"environment without a value", process, first(func(w *launcher.Worker) { w.Env = []string{"X"} }), []string{`worker tree1: environment "X"`}},
		{"negative durations", process, change(func(p *launcher.Plan) { p.StopGrace = -1 }), []string{"negative"}},
		{"another way to restart", process, change(func(p *launcher.Plan) { p.Restart = "soon" }), []string{`restart "soon": want no, on-failure or always`}},
		{"negative restarts", launcher.Process{Restarts: -1}, plan("tree1"), []string{"-1 restarts"}},
		{"everything at once", process, first(func(w *launcher.Worker) { w.Data, w.Port = "nowhere", -1 }), []string{"nowhere", "-1 is not a port"}},

		{"no url", external, at("tree1", ""), []string{"worker tree1 has no url"}},
		{"no scheme", external, url("localhost:8081"), []string{"http://"}},
		{"another scheme", external, url("ftp://host"), []string{"http:// or https://"}},
		{"no host", external, url("http://:8081"), []string{"no host"}},
		{"no port after the colon", external, url("http://host:"), []string{"no port"}},
		{"port 0", external, url("http://host:0"), []string{"0 is not a port"}},
		{"a port too high", external, url("http://host:99999"), []string{"99999 is not a port"}},
		{"not a url", external, url("http://ho st"), []string{`url "http://ho st"`}},
		{"a query", external, url("http://host?x=1"), []string{"no '?'"}},
		{"a fragment", external, url("http://host#x"), []string{"no '#'"}},
		{"a password", external, url("http://me:secret@host"), []string{"not supported"}},
		{"a path of ours", external, url("http://host/v1/chimera/model"), []string{"without /v1/chimera"}},
		{"a path with dots", external, url("http://host/a/../b"), []string{"dots"}},
		{"a path with empty parts", external, url("http://host//a"), []string{"empty parts"}},
		{"one url for two", external, at("tree1", "http://host:1", "tree2", "http://host:1/"), []string{"tree1 and tree2 have the same url"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// Nothing is started, so a context that has ended makes no difference.
			_, err := tt.l.Launch(ended(), tt.p)
			var bad *launcher.PlanError
			wantError(t, err, &bad)
			contains(t, err, tt.says...)
			if errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for _, l := range []struct {
		launcher.Launcher
		want string
	}{{launcher.Process{}, "process"}, {launcher.InProcess{}, "inprocess"}, {launcher.External{}, "external"}} {
		if got := l.Name(); got != l.want {
			t.Errorf("name %q, want %q", got, l.want)
		}
	}
}
