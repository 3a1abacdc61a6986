package masters_test

import (
	"fmt"
	"math"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// server is a parameter server to start: the learner, its parameters, the
// section parameter_server, and what some workers do wrong.
type server struct {
	learner  string
	params   string // JSON
	settings string // YAML
	more     string // YAML at the top level
	target   string // name of y's column; "target" if empty
	faults   map[int]string
	registry *registry.Registry // nil is registry.Default
}

// start starts the master and one sgd worker a shard.
func (s server) start(t *testing.T, shards ...learner.Dataset) *cluster {
	t.Helper()
	c := s.workers(t, shards...)
	s.over(c)
	return c
}

func (s server) from() *registry.Registry {
	if s.registry == nil {
		return registry.Default
	}
	return s.registry
}

// workers starts one sgd worker a shard.
func (s server) workers(t *testing.T, shards ...learner.Dataset) *cluster {
	t.Helper()
	c := newCluster(t)
	for i, d := range shards {
		dir := t.TempDir()
		writeShard(t, dir, s.target, d)
		spec := workers.Spec{Name: fmt.Sprintf("w%d", i+1), Role: workers.SGDRole, Project: "test", Learner: s.learner, Params: s.params, Seed: uint64(i), Faults: s.faults[i]}
		c.add(spec.Name, func() http.Handler {
			w, err := workers.New(spec, s.from(), workers.Options{Data: dir, Procs: 1})
			if err != nil {
				t.Error(err)
				return http.NotFoundHandler()
			}
			if err := w.Load(t.Context()); err != nil {
				t.Error(err)
			}
			return w
		})
	}
	return c
}

// over starts the master over workers that are there; one over the same
// workers before it ends.
func (s server) over(c *cluster) {
	c.t.Helper()
	if c.server != nil {
		c.server.Close()
		c.master.Close()
	}
	var list strings.Builder
	for _, w := range c.workers {
		fmt.Fprintf(&list, "  - {name: %s}\n", w.name)
	}
	params := s.params
	if params == "" {
		params = "{}"
	}
	c.kind = masters.NewParameterServer()
	c.serve(fmt.Sprintf("master: parameter-server\nlearner: %s\nparams: %s\nworkers:\n%sparameter_server: {%s}\n%s", s.learner, params, list.String(), s.settings, s.more), s.from())
}

// writeShard writes rows as a worker's files, to the last bit.
func writeShard(t *testing.T, dir, target string, d learner.Dataset) {
	t.Helper()
	var x, y strings.Builder
	x.WriteString(strings.Join(d.Features, ",") + "\n")
	if target == "" {
		target = "target"
	}
	y.WriteString(target + "\n")
	for i := range d.Len() {
		for j, v := range d.X.RawRowView(i) {
			if j > 0 {
				x.WriteByte(',')
			}
			if v == v { // what is missing is an empty cell
				x.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
			}
		}
		x.WriteByte('\n')
		if d.Classes != nil {
			y.WriteString(string(d.Classes[int(d.Y[i])]) + "\n")
			continue
		}
		y.WriteString(strconv.FormatFloat(d.Y[i], 'g', -1, 64) + "\n")
	}
	write(t, filepath.Join(dir, "X_train.csv"), x.String())
	write(t, filepath.Join(dir, "y_train.csv"), y.String())
}

// train fits and decodes the answer.
func (c *cluster) train() api.FitResponse {
	c.t.Helper()
	status, body := c.post(api.PathsOf("parameter-server").Fit, "")
	if status != http.StatusOK {
		c.t.Fatalf("fit: status %d: %s", status, body)
	}
	return decode[api.FitResponse](c.t, body)
}

// parameters are those that serve, on the scale that was trained on or on the
// features' own.
func (c *cluster) parameters(original bool) []float64 {
	c.t.Helper()
	status, body := c.send(http.MethodGet, api.PathCoefficients, "", "")
	if status != http.StatusOK {
		c.t.Fatalf("coefficients: status %d: %s", status, body)
	}
	var p []float64
	for _, b := range decode[api.Coefficients](c.t, body).Blocks {
		part := b.Standardised
		if original {
			part = b.Original
		}
		p = append(p, part...)
	}
	return p
}

// split cuts rows into n shards of unequal size, in order.
func split(d learner.Dataset, n int) []learner.Dataset {
	var shards []learner.Dataset
	total, from := n*(n+1)/2, 0
	for k := range n {
		to := from + max(1, d.Len()*(k+1)/total)
		if k == n-1 {
			to = d.Len()
		}
		rows := make([]int, 0, to-from)
		for i := from; i < to; i++ {
			rows = append(rows, i)
		}
		shards = append(shards, d.Select(rows))
		from = to
	}
	return shards
}

// closeTo fails if a and b are not equal to a relative error, of the largest.
func closeTo(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	var worst, largest float64
	for i := range got {
		worst = max(worst, math.Abs(got[i]-want[i]))
		largest = max(largest, math.Abs(want[i]))
	}
	if !(worst <= tolerance*max(largest, 1e-300)) {
		t.Errorf("%s: off by %.3g of %.3g (allowed %.1g relative)\n got %.17g\nwant %.17g", what, worst, largest, tolerance, got, want)
	}
}

// toyRows are rows of a linear target with noise, or of classes cut from it,
// on features of very different scales.
func toyRows(n int, classes int) learner.Dataset {
	random := learner.NewRand(uint64(100*classes + n))
	d := learner.Dataset{Schema: learner.Schema{Features: []string{"a", "b", "c"}}, X: mat.NewDense(n, 3, nil)}
	for k := range classes {
		d.Classes = append(d.Classes, learner.NumberLabel(float64(k)))
	}
	for i := range n {
		a, b, c := random.NormFloat64(), 50+20*random.NormFloat64(), 0.01*random.NormFloat64()
		d.X.SetRow(i, []float64{a, b, c})
		y := 2*a - (b-50)/20 + 30*c + 0.5*random.NormFloat64()
		if classes > 0 {
			y = min(max(math.Floor(y*float64(classes)/6+float64(classes)/2), 0), float64(classes-1))
		}
		d.Y = append(d.Y, y)
	}
	return d
}
