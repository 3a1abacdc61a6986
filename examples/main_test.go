//go:build unix

package examples_test

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/gochimera/chimera/internal/waiting"
)

func TestMain(m *testing.M) {
	waiting.Parallel()
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
