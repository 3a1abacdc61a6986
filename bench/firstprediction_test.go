package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/internal/wire"
	_ "github.com/gochimera/chimera/learner/forest"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/prepare/table"
)

// The forest whose first prediction is timed: two workers have half of the trees and of the rows each. That of scikit-learn has all trees
// on half of the rows, so that its trees have as many nodes.
const (
	firstTrees = 100
	firstOf    = 20_000
	firstAsked = 100 // rows to predict
)

// sklearnForest fits a forest of so many trees in scikit-learn, and dumps it; sklearnFirst loads and asks it.
const (
	sklearnForest = `
import sys, numpy, joblib
from sklearn.ensemble import RandomForestClassifier
x = numpy.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
y = numpy.loadtxt(sys.argv[2], delimiter=",", skiprows=1)
joblib.dump(RandomForestClassifier(int(sys.argv[3]), random_state=1, n_jobs=2).fit(x, y).set_params(n_jobs=None), sys.argv[4])
`
	sklearnFirst = `
import sys, numpy, joblib
print("\n".join(str(p) for p in joblib.load(sys.argv[1]).predict(numpy.loadtxt(sys.argv[2], delimiter=",", skiprows=1))))
`
)

// output runs a program, and returns what it prints.
func output(ctx context.Context, name string, args ...string) ([]byte, error) {
	var problems bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", filepath.Base(name), err, problems.Bytes())
	}
	return out, err
}

// BenchmarkFirstPrediction is the time from the start of a process to its first prediction of a stored ensemble of 100 trees: by
// chimera predict --model, and by chimera serve and a request to it. Beside it, Python loads a forest of scikit-learn of as many trees with
// as many nodes, and predicts the same rows.
func BenchmarkFirstPrediction(b *testing.B) {
	const python = "/usr/bin/python3"
	if out, err := exec.CommandContext(b.Context(), python, "-c", "import sklearn, joblib").CombinedOutput(); err != nil {
		b.Skipf("scikit-learn is not installed (on Debian apt-get install python3-sklearn): %v %s", err, out)
	}
	dir, data := b.TempDir(), shapes.Diabetes(1).Select(firstRows(firstOf))
	writeRows(b, dir, data, 0, data.Len()/2)
	x, y, theirs := filepath.Join(dir, "X_train.csv"), filepath.Join(dir, "y_train.csv"), filepath.Join(dir, "forest.joblib")
	if _, err := output(b.Context(), python, "-c", sklearnForest, x, y, fmt.Sprint(firstTrees), theirs); err != nil {
		b.Fatal(err)
	}
	asked := filepath.Join(dir, "asked")
	writeRows(b, asked, data, 0, firstAsked)
	asked = filepath.Join(asked, "X_train.csv")

	store, fit := fits(b, "forest-classifier", fmt.Sprintf(`{"n_estimators": %d}`, firstTrees/2), data, "")
	ours := filepath.Join(dir, "forest.chimera")
	if err := archive(b.Context(), store, fit, ours); err != nil {
		b.Fatal(err)
	}
	chimera := filepath.Join(dir, "chimera")
	if _, err := output(b.Context(), "go", "build", "-o", chimera, "github.com/gochimera/chimera/cmd/chimera"); err != nil {
		b.Fatal(err)
	}
	peer := func() error {
		out, err := output(b.Context(), python, "-c", sklearnFirst, theirs, asked)
		return errors.Join(err, lines(out, firstAsked))
	}
	b.Run("predict", func(b *testing.B) {
		turns{peer: "scikit-learn"}.compare(b, func() error {
			out, err := output(b.Context(), chimera, "predict", "--model", ours, asked)
			return errors.Join(err, lines(out, firstAsked+1)) // and a header
		}, peer)
		sizes(b, ours, theirs)
	})
	b.Run("serve", func(b *testing.B) {
		rows := data.Select(firstRows(firstAsked))
		body, err := wire.EncodePredict(nil, table.Rows{Columns: data.Features, X: rows.X})
		if err != nil {
			b.Fatal(err)
		}
		var server *exec.Cmd
		end := func(bool) error {
			if server == nil {
				return nil
			}
			err := server.Process.Kill()
			_ = server.Wait() // it was killed
			server = nil
			return err
		}
		b.Cleanup(func() { _ = end(true) }) // it ends with its test, too
		turns{peer: "scikit-learn", before: end}.compare(b, func() error {
			server = exec.CommandContext(b.Context(), chimera, "serve", ours, "--port", "0")
			url, err := startServing(server)
			if err != nil {
				return err
			}
			_, err = post(url+api.PathsOf("aggregation").Predict, body)
			return err
		}, peer)
		sizes(b, ours, theirs)
	})
}

// archive fits, and writes the model as one file.
func archive(ctx context.Context, store *models.Store, fit func() (string, error), path string) error {
	id, err := fit()
	if err != nil {
		return err
	}
	m, err := store.Get(ctx, id)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(models.WriteArchive(ctx, f, store, m), f.Close())
}

// lines refuses what has not so many lines.
func lines(text []byte, want int) error {
	if n := bytes.Count(text, []byte("\n")); n != want {
		return fmt.Errorf("%d lines were printed, want %d: %.200s", n, want, text)
	}
	return nil
}

// startServing starts chimera serve, and returns the address that it prints when it is ready.
func startServing(server *exec.Cmd) (url string, err error) {
	out, err := server.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := server.Start(); err != nil {
		return "", err
	}
	printed := bufio.NewScanner(out)
	for printed.Scan() {
		line := strings.Fields(printed.Text())
		switch {
		case len(line) == 2 && line[0] == "master":
			url = line[1]
		case len(line) > 0 && strings.HasPrefix(line[0], "Ready"):
			return url, nil
		}
	}
	return "", errors.Join(printed.Err(), io.ErrUnexpectedEOF)
}

// sizes reports how large the files of both are.
func sizes(b *testing.B, ours, theirs string) {
	b.Helper()
	for name, path := range map[string]string{"ours-MiB": ours, "scikit-learn-MiB": theirs} {
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/(1<<20), name)
	}
}
