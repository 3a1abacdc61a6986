package dataio_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// For a task without targets they need not be there, and are left out if they are, even if no task could use them.
func TestReadTrainingWithoutTargets(t *testing.T) {
	for name, tt := range map[string]struct {
		files  map[string]string
		target string
		want   []string
	}{
		"features alone":           {files: map[string]string{"X_train.csv": "a,b\n1,2\n3,4\n"}, want: []string{"a", "b"}},
		"a pair":                   {files: map[string]string{"X_train.csv": "a,b\n1,2\n3,4\n", "y_train.csv": "y\nno\n"}, want: []string{"a", "b"}},
		"a table without a target": {files: map[string]string{"train.csv": "a,b\n1,2\n3,4\n"}, want: []string{"a", "b"}},
		"a table with one":         {files: map[string]string{"train.csv": "a,kind,b\n1,,2\n3,x,4\n"}, target: "kind", want: []string{"a", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := dataio.ReadTraining(t.Context(), dir, learner.Clustering, dataio.Options{Target: tt.target})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Columns, tt.want) || got.Y != nil || got.Classes != nil || got.Len() != 2 || got.X.At(1, 1) != 4 {
				t.Errorf("%+v", got)
			}
		})
	}
	dir := t.TempDir()
	for _, o := range []dataio.Options{{}, {Target: "kind"}} {
		if _, err := dataio.ReadTraining(t.Context(), dir, learner.Clustering, o); err == nil {
			t.Error("an empty folder: no error")
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "train.csv"), []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dataio.ReadTraining(t.Context(), dir, learner.Clustering, dataio.Options{Target: "kind"}); err == nil {
		t.Error("a target that is no column: no error")
	}
}
