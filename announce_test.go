package chimera_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/masters"
)

// TestTwoProgramsOfAProject: a second program of a project serves too, but leaves the address of the
// first alone, and names the first in its log.
func TestTwoProgramsOfAProject(t *testing.T) {
	worker := httptest.NewServer(http.NotFoundHandler()) // like a worker of the Python package, which has no health path
	defer worker.Close()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "chimera.yaml"), "project: test\nlauncher: external\nworkers: [{name: w, url: \""+worker.URL+"\"}]\n")
	file := filepath.Join(dir, filepath.FromSlash(config.MasterFile))
	address := func() string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	run := func(log io.Writer, do func(chimera.Up)) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(io.Discard, log),
			chimera.OnReady(func(_ context.Context, up chimera.Up) error {
				defer cancel()
				do(up)
				return nil
			}))
		if err != nil {
			t.Error(err)
		}
	}
	run(io.Discard, func(chimera.Up) {
		first := address()
		var log bytes.Buffer
		run(&log, func(chimera.Up) {
			if got := address(); got != first {
				t.Errorf("the second program announces %q in place of %q", got, first)
			}
		})
		if says := fmt.Sprintf("process %d on ", os.Getpid()); !strings.Contains(log.String(), says) || !strings.Contains(log.String(), "--url") {
			t.Errorf("its log does not name the first: %s", &log)
		}
		if got := address(); got != first {
			t.Errorf("after the second program's end the address is %q, want %q", got, first)
		}
	})
	for _, left := range []string{file, file + ".lock"} {
		if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s after the end: %v", left, err)
		}
	}
	run(io.Discard, func(chimera.Up) {
		if address() == "" {
			t.Error("a later program does not announce its address")
		}
	})
}
