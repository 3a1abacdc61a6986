//go:build unix

package examples_test

import (
	"flag"
	"os"
	"strings"
	"sync"
	"testing"
)

// TestMain lets more tests run at once than there are processors: most of the time they wait for programs that are linked,
// start, or end.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", "4"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// projects has one lock for each project, whose folder takes one program at a time.
var projects sync.Map

// reserve waits until no other test runs the project of a command. The test that
// has it can run one program after the other, and gives it back when each ends.
func reserve(t *testing.T, line string) (release func()) {
	t.Helper()
	lock, _ := projects.LoadOrStore(line[strings.LastIndex(line, "/")+1:], &sync.Mutex{})
	mu := lock.(*sync.Mutex)
	mu.Lock()
	release = sync.OnceFunc(mu.Unlock)
	t.Cleanup(release)
	return release
}
