//go:build unix

package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
)

// The way from two laptops to a served model, line by line: Ben's laptop is another folder of this one.
func TestTwoLaptops(t *testing.T) {
	t.Parallel()
	home, bens := filepath.Join(t.TempDir(), "cluster"), t.TempDir()
	if err := os.CopyFS(home, os.DirFS("cluster")); err != nil {
		t.Fatal(err)
	}
	ann, ben := freePort(t), freePort(t)
	ports := strings.NewReplacer("9101", ann, "9102", ben)
	file := filepath.Join(home, "master", "chimera.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(ports.Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	// What the commands write goes into the copy.
	there := strings.NewReplacer("--project examples/cluster", "--project "+home, "-o examples/cluster", "-o "+home, "-o cultivar", "-o "+home+"/cultivar",
		"serve cultivar", "serve "+home+"/cultivar", "--port 8090", "--port 0")
	s := &shell{t: t, dir: root, env: []string{"GOPROXY=off"}}
	const score = "go tool chimera score examples/cluster/test_data/X_test.csv examples/cluster/test_data/y_test.csv --project examples/cluster/master"
	interrupt := s.serve("go run ./examples/cluster")
	s.wants("go tool chimera fit --project examples/cluster", "fitted 2 workers on 133 rows")
	one := s.run(strings.TrimSuffix(score, "/master"))
	interrupt()

	s.run(there.Replace("go build -o examples/cluster/bin/ ./examples/cluster/chimera_workers/ann ./examples/cluster/chimera_workers/ben"))
	s.wants(there.Replace("go tool chimera identity --project examples/cluster/master"), "ben.identity")
	page, err := os.ReadFile(filepath.Join("cluster", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	brought := regexp.MustCompile("(?m)^\\| `(.+)` \\| `(.+)` \\|$").FindAllStringSubmatch(string(page), -1)
	if len(brought) != 3 {
		t.Fatalf("the page says of %d things where Ben has them, want 3", len(brought))
	}
	for _, b := range brought {
		if err := os.Rename(filepath.Join(home, filepath.FromSlash(b[1])), filepath.Join(bens, b[2])); err != nil {
			t.Fatal(err)
		}
	}
	endBen, _ := (&shell{t: t, dir: bens}).until(api.Announcement, ports.Replace("CHIMERA_WORKERS_IDENTITY=ben.identity CHIMERA_TRAIN_DATA=ben-rows "+
		"CHIMERA_WORKERS_HOST=0.0.0.0 CHIMERA_WORKERS_PORT=9102 ./ben"))
	endAnn, _ := (&shell{t: t, dir: home}).until(api.Announcement, ports.Replace("CHIMERA_WORKERS_IDENTITY=master/chimera_identity/ann.identity "+
		"CHIMERA_WORKERS_HOST=127.0.0.1 CHIMERA_WORKERS_PORT=9101 ./bin/ann"))

	s.env = append(s.env, "CHIMERA_PROJECT="+filepath.Join(home, "master"))
	again, said := s.until("Ready: 2 workers", "go run ./examples/cluster/master")
	s.wants(there.Replace("go tool chimera fit --project examples/cluster/master"), "fitted 2 workers on 133 rows")
	if two := s.run(there.Replace(score)); two != one {
		t.Errorf("two laptops score\n%sand one scored\n%s", two, one)
	}
	s.wants(there.Replace("go tool chimera models export latest -o cultivar.chimera --project examples/cluster/master"), "")
	s.wants(there.Replace("go tool chimera scale --only ann --project examples/cluster/master"), "left: ben")
	s.wants(there.Replace("go tool chimera fit --project examples/cluster/master"), "fitted 1 worker")
	s.wants(there.Replace("go tool chimera scale 2 --project examples/cluster/master"), "joined: ben")
	again()
	endBen()
	endAnn()
	if strings.Contains(said.String(), "is not secured") {
		t.Errorf("it says that the wire is not secured:\n%s", said)
	}
	interrupt = s.serve(there.Replace("go tool chimera serve cultivar.chimera --port 8090"))
	interrupt()
}
