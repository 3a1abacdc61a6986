//go:build unix

package examples_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
)

// The guide's way to workers on other machines, line by line: each machine is a folder of this one, with a port of its own.
func TestClusters(t *testing.T) {
	t.Parallel()
	s := &shell{t: t, dir: root, env: []string{"GOBIN=" + t.TempDir(), "GOPROXY=off"}}
	s.run("go install ./cmd/chimera")
	s.dir = t.TempDir()
	machines := s.dir
	s.run("chimera init iris --workers 3")
	s.run("cd iris")
	s.run("go generate")
	s.run("go build -o bin/ ./chimera_workers/worker1 ./chimera_workers/worker2 ./chimera_workers/worker3")

	var list strings.Builder
	ports := map[string]string{}
	start := func(line string, workers ...string) (interrupt func()) {
		var interrupts []func()
		for _, worker := range workers {
			there := &shell{t: t, dir: filepath.Join(machines, "machine"+strings.TrimPrefix(worker, "worker"))}
			stop, _ := there.until(api.Announcement, strings.NewReplacer("9101", ports[worker], "worker1", worker).Replace(line))
			interrupts = append(interrupts, stop)
		}
		return func() {
			for _, stop := range interrupts {
				stop()
			}
		}
	}
	for i, worker := range []string{"worker1", "worker2", "worker3"} {
		machine := filepath.Join(machines, fmt.Sprint("machine", i+1))
		port := freePort(t)
		fmt.Fprintf(&list, "  - {name: %s, url: \"http://127.0.0.1:%s\"}\n", worker, port)
		ports[worker] = port
		rows := filepath.Join("chimera_train_data", worker)
		if err := os.CopyFS(filepath.Join(machine, rows), os.DirFS(filepath.Join(s.dir, rows))); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(s.dir, "bin", worker), filepath.Join(machine, worker)); err != nil {
			t.Fatal(err)
		}
	}
	end := start("CHIMERA_WORKERS_HOST=0.0.0.0 CHIMERA_WORKERS_PORT=9101 ./worker1", "worker1", "worker2") // the third machine is switched off

	master := filepath.Join(machines, "master")
	if err := os.CopyFS(master, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(master, "chimera_train_data")); err != nil {
		t.Fatal(err)
	}
	s.dir = master
	text, err := os.ReadFile(filepath.Join(master, "chimera.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	external := regexp.MustCompile(`(?m)^launcher: process`).ReplaceAllLiteralString(string(text), "launcher: external")
	external = regexp.MustCompile(`(?m)^workers:.*\n(  - name: .*\n)+`).ReplaceAllLiteralString(external, "workers:\n"+list.String())
	if err := os.WriteFile(filepath.Join(master, "chimera.yaml"), []byte(external), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run("go generate")
	if left, err := filepath.Glob(filepath.Join(master, "chimera_workers", "*")); err != nil || len(left) > 0 {
		t.Errorf("go generate leaves %v where nothing starts workers, %v", left, err)
	}
	interrupt, said := s.until("Ready: 2 of 3 workers", "go run .")
	s.wants("chimera fit", "fitted 2 workers on 80 rows")
	interrupt()
	if !strings.Contains(said.String(), "worker worker3 cannot be reached and is left out") {
		t.Errorf("it did not say that a worker is left out:\n%s", said)
	}
	end()

	secured := strings.ReplaceAll(strings.Replace(external, "launcher: external", "launcher: external\nsecurity: {workers: mtls}", 1), "http://", "https://")
	if err := os.WriteFile(filepath.Join(master, "chimera.yaml"), []byte(secured), 0o600); err != nil {
		t.Fatal(err)
	}
	s.wants("chimera identity", "created    chimera_identity/worker3.identity")
	for worker := range ports {
		from, to := filepath.Join(master, "chimera_identity", worker+".identity"), filepath.Join(machines, "machine"+strings.TrimPrefix(worker, "worker"))
		if err := os.Rename(from, filepath.Join(to, filepath.Base(from))); err != nil {
			t.Fatal(err)
		}
	}
	end = start("CHIMERA_WORKERS_IDENTITY=worker1.identity CHIMERA_WORKERS_HOST=0.0.0.0 CHIMERA_WORKERS_PORT=9101 ./worker1", "worker1", "worker2", "worker3")
	interrupt, said = s.until("Ready: 3 workers", "go run .")
	s.wants("chimera fit", "fitted 3 workers on 120 rows")
	interrupt()
	end()
	if strings.Contains(said.String(), "is not secured") {
		t.Errorf("it says that the wire is not secured:\n%s", said)
	}
}

// freePort is a port that nothing uses.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}
