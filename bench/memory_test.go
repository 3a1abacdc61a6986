package bench_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/boosting"
	_ "github.com/gochimera/chimera/learner/forest"
	_ "github.com/gochimera/chimera/learner/kmeans"
	_ "github.com/gochimera/chimera/learner/linear"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/registry"
)

// memoryEnv makes this program fit one of the memory works instead of running benchmarks.
const memoryEnv = "CHIMERA_BENCH_MEMORY"

// memoryWork is a fit whose memory is measured, in a process of its own.
type memoryWork struct {
	learner, params string
	data            func(seed uint64) learner.Dataset
}

var memoryWorks = map[string]memoryWork{
	"boosting_diabetes": {"boosting-classifier", `{}`, shapes.Diabetes},
	"boosting_heart":    {"boosting-regressor", `{}`, shapes.Heart},
	"tree_diabetes":     {"tree-classifier", `{}`, shapes.Diabetes},
	"tree_heart":        {"tree-regressor", `{"max_depth": 5, "max_leaf_nodes": 15}`, shapes.Heart},
	"forest_diabetes":   {"forest-classifier", `{"n_estimators": 8}`, shapes.Diabetes},
	"ridge_heart":       {"ridge", `{}`, shapes.Heart},
	"kmeans_heart":      {"kmeans", `{}`, shapes.Heart},
}

// BenchmarkMemory is how much memory a fit takes at most beyond what the process had with the rows in it, in MB and in times of
// the rows; and the same of a prediction of all rows.
func BenchmarkMemory(b *testing.B) {
	if _, err := os.Stat("/proc/self/clear_refs"); err != nil {
		b.Skip("the memory of a process is read from /proc, as on Linux")
	}
	for _, name := range []string{"boosting_diabetes", "boosting_heart", "tree_diabetes", "tree_heart", "forest_diabetes", "ridge_heart", "kmeans_heart"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$")
				cmd.Env = append(os.Environ(), memoryEnv+"="+name)
				cmd.Stderr = os.Stderr
				out, err := cmd.Output()
				if err != nil {
					b.Fatal(err)
				}
				var rows, fit, predict float64
				if _, err := fmt.Sscan(string(out), &rows, &fit, &predict); err != nil {
					b.Fatalf("%q: %v", out, err)
				}
				b.ReportMetric(fit/1e6, "fit-MB")
				b.ReportMetric(fit/rows, "fit-x-rows")
				b.ReportMetric(predict/1e6, "predict-MB")
			}
		})
	}
}

// measureMemory fits and predicts, and prints the bytes of the rows, of the fit and of the prediction.
func measureMemory(name string) error {
	w, ok := memoryWorks[name]
	if !ok {
		return fmt.Errorf("%s is %q, which is no work whose memory is measured", memoryEnv, name)
	}
	d := w.data(1)
	if w.learner == "kmeans" {
		d.Y = nil
	}
	m, err := registry.New(w.learner, []byte(w.params), learner.Env{Procs: 2})
	if err != nil {
		return err
	}
	fit, err := peakOf(func() error { return m.Fit(context.Background(), d) })
	if err != nil {
		return err
	}
	predict, err := peakOf(func() error {
		_, err := m.Predict(context.Background(), d.X)
		return err
	})
	if err != nil {
		return err
	}
	n, columns := d.X.Dims()
	_, err = fmt.Println(8*n*(columns+1), fit, predict)
	runtime.KeepAlive(d)
	return err
}

// peakOf is how much larger the process was at most while f ran than before, when it held what is in use alone.
func peakOf(f func() error) (bytes int64, err error) {
	debug.FreeOSMemory()
	before, err := resident("VmRSS")
	if err != nil {
		return 0, err
	}
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // the peak begins anew
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	peak, err := resident("VmHWM")
	return peak - before, err
}

// resident is a size of this process by its name in /proc/self/status.
func resident(name string) (bytes int64, err error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name+":" {
			kilobytes, err := strconv.ParseInt(fields[1], 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, errors.New("/proc/self/status does not say " + name)
}
