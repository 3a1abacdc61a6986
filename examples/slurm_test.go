//go:build unix

package examples_test

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The job for Slurm trains on the nodes that it is given, and leaves the model as a file. Two programs stand in for Slurm: one names the
// nodes, which are all this machine, and one starts a task on each.
func TestSlurm(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	s := &shell{t: t, dir: root, env: []string{"GOBIN=" + bin, "GOPROXY=off"}}
	s.run("go install ./cmd/chimera")
	script, err := os.ReadFile(filepath.Join("slurm", "job.sh"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put(filepath.Join(bin, "scontrol"), "#!/bin/sh\n[ \"$*\" = 'show hostnames nodes[1-3]' ] && printf 'localhost\\nlocalhost\\nlocalhost\\n'\n")
	put(filepath.Join(bin, "srun"), `#!/bin/bash
for i in 0 1 2; do SLURM_PROCID=$i SLURMD_NODENAME=localhost "$@" & done
trap 'kill $(jobs -p)' TERM
wait
`)
	s.dir = t.TempDir()
	s.run("chimera init iris --workers 3")
	s.run("cd iris")
	put(filepath.Join(s.dir, "job.sh"), string(script))
	s.run("go generate")
	s.run("go build -o bin/ . ./chimera_workers/worker1 ./chimera_workers/worker2 ./chimera_workers/worker3")
	s.env = append(s.env, "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "SLURM_SUBMIT_DIR="+s.dir, "SLURM_JOB_ID=7",
		"SLURM_JOB_NODELIST=nodes[1-3]", "PORT="+freePorts(t, 4))
	out := s.run("./job.sh")
	for _, part := range []string{"fitted 3 workers on 120 rows", "accuracy"} {
		if !strings.Contains(out, part) {
			t.Errorf("the job did not say %q:\n%s", part, out)
		}
	}
	if info, err := os.Stat(filepath.Join(s.dir, "model-7.chimera")); err != nil || info.Size() == 0 {
		t.Errorf("the job left no model: %v", err)
	}
}

// freePorts is the first of n ports in a row that nobody listens to. They are below those that systems give away.
func freePorts(t *testing.T, n int) string {
	t.Helper()
	for first := 21000; first < 30000; first += n {
		free := 0
		for free < n {
			l, err := net.Listen("tcp", ":"+strconv.Itoa(first+free))
			if err != nil {
				break
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			free++
		}
		if free == n {
			return strconv.Itoa(first)
		}
	}
	t.Fatalf("no %d ports in a row are free", n)
	return ""
}
