package chimera_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/masters"
)

// A project folder that cannot be written stops neither a master nor its workers: what is not written is named.
func TestAFolderThatCannotBeWritten(t *testing.T) {
	dir := project(t, "")
	for _, file := range []string{"chimera_status.log", "chimera_time.log"} { // a folder cannot be written like a file, not even by root
		if err := os.Mkdir(filepath.Join(dir, file), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(dir, "chimera_logs"), "a file, so that nothing can be put into the folder")
	put(t, filepath.Join(dir, "chimera_models"), "another")
	var stdout, stderr output
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(&stdout, &stderr),
		chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
			defer cancel()
			if _, err := up.Master.Fit(ctx); err != nil {
				return err
			}
			_, err := up.Master.Predict(ctx, []string{"a", "b"}, mat.NewDense(1, 2, []float64{1, 2}))
			return err
		}))
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	for _, want := range []string{
		"chimera_status.log", "chimera_time.log", "--url http://localhost:", "log of worker worker1 goes to the terminal only", "worker2",
		"models are not stored", filepath.Join(dir, "chimera_models"),
	} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("no warning names %s:\n%s", want, stderr.String())
		}
	}
}
