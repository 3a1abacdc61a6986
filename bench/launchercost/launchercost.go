// Package launchercost measures what a launcher costs a project: how long it takes until its workers are ready, a step of a training, and a
// prediction. The rows are so few that all of it is the launcher's and the wire's.
//
// The package imports chimera, client, config, gen, learner/sgd, masters, registry, gonum and the standard library.
package launchercost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/gen"
	_ "github.com/gochimera/chimera/learner/sgd" // what the project trains
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/registry"
)

// Workers are the names of the project's.
func Workers() []string { return []string{"part1", "part2", "part3"} }

const (
	rows     = 200 // of each worker
	steps    = 2000
	predicts = 500
	yaml     = `project: costs
master: parameter-server
learner: sgd-classifier
parameter_server: {max_iter: %d, n_iter_no_change: 0, learning_rate_init: 0.01}
models: {store: none}
`
)

// Cost is what a launcher costs, in seconds.
type Cost struct {
	Start   float64 // from when the program begins, its workers built before, until they are ready
	Step    float64 // the median step of a fit by full batches
	Predict float64 // the median prediction of one row, by package client
}

// Project makes a parameter server's project in a folder of its own, with three workers whose keys in chimera.yaml may have more than
// their names (worker i has more[i]), and settings of chimera.yaml. root is the folder of this repository.
func Project(tb testing.TB, root, settings string, more ...string) (dir string) {
	tb.Helper()
	dir = tb.TempDir()
	text := fmt.Sprintf(yaml, steps) + settings + "workers:\n"
	for i, name := range Workers() {
		if i < len(more) {
			name += ", " + more[i]
		}
		text += "  - {name: " + name + "}\n"
	}
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	root, err := filepath.Abs(root)
	must(err)
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	must(err)
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	must(err)
	files := map[string]string{
		"chimera.yaml": text, "go.sum": string(sum), "go.mod": strings.Replace(string(mod), "module github.com/gochimera/chimera\n",
			"module example.com/costs\n\nrequire github.com/gochimera/chimera v0.0.0\nreplace github.com/gochimera/chimera => "+root+"\n", 1),
	}
	for i, name := range Workers() {
		x, y := "a,b,c\n", "target\n"
		for row := range rows {
			v := features(i*rows + row)
			x += fmt.Sprintf("%v,%v,%v\n", v[0], v[1], v[2])
			y += fmt.Sprintln(row % 2)
		}
		folder := filepath.Join(config.DataFolder, name)
		files[filepath.Join(folder, "X_train.csv")], files[filepath.Join(folder, "y_train.csv")] = x, y
	}
	for name, text := range files {
		file := filepath.Join(dir, name)
		must(errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)))
	}
	cfg, err := config.Load(config.Options{Dir: dir, Catalogue: registry.Default})
	must(err)
	_, err = gen.Generate(tb.Context(), cfg, gen.Options{})
	must(err)
	return dir
}

func features(i int) [3]float64 { return [3]float64{float64(i % 7), float64(i % 11), float64(i % 13)} }

// Of runs the project's program so many times, and once before, so that all is built: the medians of all.
func Of(tb testing.TB, dir string, times int, options ...chimera.Option) Cost {
	tb.Helper()
	var starts, eachStep, eachPredict []float64
	for i := range times + 1 {
		c, err := once(tb.Context(), dir, options)
		if err != nil {
			tb.Fatal(err)
		}
		if i > 0 {
			starts, eachStep, eachPredict = append(starts, c.Start), append(eachStep, c.Step), append(eachPredict, c.Predict)
		}
	}
	return Cost{median(starts), median(eachStep), median(eachPredict)}
}

// Report says what a launcher costs as the metrics of a benchmark.
func (c Cost) Report(b *testing.B) {
	b.Helper()
	b.ReportMetric(c.Start, "start-s")
	b.ReportMetric(c.Step*1e6, "step-us")
	b.ReportMetric(c.Predict*1e6, "predict-us")
	b.ReportMetric(0, "ns/op") // of all of it
}

// once runs the program once.
func once(ctx context.Context, dir string, options []chimera.Option) (c Cost, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	file := filepath.Join(dir, "log")
	log, err := os.Create(file)
	if err != nil {
		return Cost{}, err
	}
	defer func() { _ = log.Close() }() // it is only read if the program fails
	said := func(err error) error {
		text, _ := os.ReadFile(file)
		return fmt.Errorf("%w\n%s", err, text)
	}
	began, measured := time.Now(), false
	all := append([]chimera.Option{
		chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(io.Discard, log),
		chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
			c.Start = time.Since(began).Seconds()
			defer cancel() // as Ctrl-C would
			measured = true
			return c.measure(ctx, up.Master)
		}),
	}, options...)
	if err := chimera.Run(masters.NewParameterServer(), 0, all...); err != nil {
		return Cost{}, said(err)
	}
	if !measured {
		return Cost{}, said(errors.New("the workers were never ready"))
	}
	return c, nil
}

func (c *Cost) measure(ctx context.Context, master *client.Client) error {
	fit, err := master.Fit(ctx)
	if err != nil {
		return err
	}
	if n := len(fit.Training.Seconds); n != steps {
		return fmt.Errorf("the fit took %d steps, want %d", n, steps)
	}
	var took []float64
	for i := 1; i < steps; i++ {
		took = append(took, fit.Training.Seconds[i]-fit.Training.Seconds[i-1])
	}
	c.Step, took = median(took), nil
	one := features(5)
	x := mat.NewDense(1, len(one), one[:])
	for range predicts {
		start := time.Now()
		if _, err := master.Predict(ctx, []string{"a", "b", "c"}, x); err != nil {
			return err
		}
		took = append(took, time.Since(start).Seconds())
	}
	c.Predict = median(took)
	return nil
}

func median(v []float64) float64 { return slices.Sorted(slices.Values(v))[len(v)/2] }
