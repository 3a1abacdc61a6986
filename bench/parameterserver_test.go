package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/sgd"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// sgdProcesses starts the workers of a project as processes, each with its part
// of the rows, and a master in this process.
func sgdProcesses(b *testing.B, project string, steps int, d learner.Dataset) (masterURL string) {
	b.Helper()
	setup := processes(b, project, map[string]string{"parameter_server.max_iter": fmt.Sprint(steps)}, func(i, n int, dir string) {
		writeRows(b, dir, d, d.Len()*i/n, d.Len()*(i+1)/n)
	})
	return serve(b, masters.NewParameterServer(), setup)
}

// stepTimes trains and returns how long each step took, the first left out.
func stepTimes(b *testing.B, masterURL string) []float64 {
	b.Helper()
	took, _ := trainAt(b, masterURL)
	return took
}

// trainAt also returns the report of the fit.
func trainAt(b *testing.B, masterURL string) (took []float64, fit api.FitResponse) {
	b.Helper()
	res, err := http.Post(masterURL+api.PathsOf("parameter-server").Fit, "", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&fit); err != nil || fit.Training == nil {
		b.Fatalf("status %d: %+v, %v", res.StatusCode, fit, err)
	}
	for i := 1; i < len(fit.Training.Seconds); i++ {
		took = append(took, fit.Training.Seconds[i]-fit.Training.Seconds[i-1])
	}
	return took, fit
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// timesOf measures f n times.
func timesOf(b *testing.B, n int, f func() error) (took []float64) {
	b.Helper()
	for range n {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start).Seconds())
	}
	return took
}

// caller posts body to a bare server over one kept-alive connection, and reads
// the answer into answer, or to its end.
func caller(url string, body, answer []byte) func() error {
	client := &http.Client{Transport: &http.Transport{}}
	return func() error {
		res, err := client.Post(url, "application/octet-stream", bytes.NewReader(body))
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		if answer != nil {
			_, err = io.ReadFull(res.Body, answer)
			return err
		}
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
}

// echo is a bare net/http server that sends back what it gets, and a call of
// it, one at a time. Both use their memory again.
func echo(b *testing.B, body []byte) func() error {
	b.Helper()
	buf := make([]byte, len(body))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadFull(r.Body, buf); err != nil {
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(buf)))
		_, _ = w.Write(buf)
	}))
	b.Cleanup(server.Close)
	return caller(server.URL, body, make([]byte, len(body)))
}

// BenchmarkParameterServerStep is a step of a model of 12 parameters over three
// worker processes, in bare round trips of the same bytes to another process:
// at most 6, and 0.4 ms.
func BenchmarkParameterServerStep(b *testing.B) {
	d := shapes.Diabetes(1).Select(firstRows(4873)) // as many rows and columns as the wine set has
	d.X = mat.DenseCopyOf(d.X.Slice(0, 4873, 0, 11))
	d.Features = d.Features[:11]
	url := sgdProcesses(b, "parameterserver", 200, d)
	bare := caller(startBare(b), make([]byte, 320), nil)
	stepTimes(b, url)
	for b.Loop() {
		var trips, steps []float64
		for range 10 { // in turns, so that what slows one slows both
			trips = append(trips, timesOf(b, 200, bare)...)
			steps = append(steps, stepTimes(b, url)...)
		}
		trip, step := median(trips), median(steps)
		b.ReportMetric(step*1e6, "us/step")
		b.ReportMetric(trip*1e6, "us/roundtrip")
		b.ReportMetric(step/trip, "roundtrips/step")
	}
}

// BenchmarkParameterServerFullBatch is a step on 190,260 x 21 with two workers,
// against the gradient in one process on both cores: at most 1.3 times.
func BenchmarkParameterServerFullBatch(b *testing.B) {
	d := shapes.Diabetes(1)
	url := sgdProcesses(b, "fullbatch", 20, d)
	est, err := registry.New("sgd-classifier", nil, learner.Env{Procs: 2})
	if err != nil {
		b.Fatal(err)
	}
	model := est.(learner.Differentiable)
	if _, err := model.Init(d.Schema); err != nil {
		b.Fatal(err)
	}
	gradient := make([]float64, len(model.Parameters()))
	stepTimes(b, url)
	for b.Loop() {
		var ones, steps []float64
		for range 10 { // in turns, so that what slows one slows both
			ones = append(ones, timesOf(b, 20, func() error {
				_, _, err := model.Gradient(b.Context(), learner.Step{}, d, gradient)
				return err
			})...)
			steps = append(steps, stepTimes(b, url)...)
		}
		one, step := median(ones), median(steps)
		b.ReportMetric(step*1e3, "ms/step")
		b.ReportMetric(one*1e3, "ms/gradient")
		b.ReportMetric(step/one, "gradients/step")
	}
}

func firstRows(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// wide is a learner of many parameters whose gradient costs next to nothing,
// so that a step is all wire.
type wide struct{ p []float64 }

func (*wide) Fit(context.Context, learner.Dataset) error { return nil }
func (*wide) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	return make([]float64, x.RawMatrix().Rows), nil
}
func (w *wide) Init(learner.Schema) ([]learner.Block, error) {
	return []learner.Block{{Name: "all", Shape: []int{len(w.p)}}}, nil
}
func (w *wide) Parameters() []float64 { return slices.Clone(w.p) }
func (w *wide) SetParameters(p []float64) error {
	copy(w.p, p)
	return nil
}
func (*wide) Gradient(_ context.Context, _ learner.Step, d learner.Dataset, into []float64) (loss, weight float64, err error) {
	into[0] = 1
	return 1, float64(d.Len()), nil
}

// sgdInProcess starts n workers behind HTTP servers in this process.
func sgdInProcess(b *testing.B, reg *registry.Registry, name string, n, steps int, d learner.Dataset) (masterURL string) {
	b.Helper()
	return serve(b, masters.NewParameterServer(), sgdSetup(b, reg, name, n, steps, d))
}

// sgdSetup starts workers in this process, which the instruments watch, and sets up a parameter server over them.
func sgdSetup(
	b *testing.B, reg *registry.Registry, name string, n, steps int, d learner.Dataset, instruments ...workers.Instrument,
) masters.Setup {
	b.Helper()
	setup, _ := sgdWorkers(b, reg, name, n, steps, d, instruments...)
	return setup
}

// sgdWorkers is sgdSetup that also returns the workers' handlers.
func sgdWorkers(
	b *testing.B, reg *registry.Registry, name string, n, steps int, d learner.Dataset, instruments ...workers.Instrument,
) (setup masters.Setup, handlers []http.Handler) {
	b.Helper()
	yaml := fmt.Sprintf("project: bench\nmaster: parameter-server\nlauncher: inprocess\nlearner: %s\nworkers: %d\n"+
		"parameter_server: {max_iter: %d, n_iter_no_change: 0, learning_rate_init: 0.01, penalty: none}\n", name, n, steps)
	cfg, err := config.Parse("chimera.yaml", []byte(yaml), config.Options{Catalogue: reg})
	if err != nil {
		b.Fatal(err)
	}
	setup = masters.Setup{Config: cfg, Registry: reg}
	for i, w := range cfg.Workers {
		dir := filepath.Join(b.TempDir(), w.Name)
		writeRows(b, dir, d, d.Len()*i/n, d.Len()*(i+1)/n)
		spec := workers.Spec{Name: w.Name, Role: workers.SGDRole, Learner: name}
		worker, err := workers.New(spec, reg, workers.Options{Data: dir, Procs: 1, Instruments: instruments})
		if err == nil {
			err = worker.Load(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
		server := httptest.NewServer(worker)
		b.Cleanup(server.Close)
		setup.Workers = append(setup.Workers, masters.Endpoint{Name: w.Name, URL: server.URL})
		handlers = append(handlers, worker)
	}
	return setup, handlers
}

// inside is a worker in this process.
type inside struct{ handler http.Handler }

func (i inside) Enter() (http.Handler, context.Context) { return i.handler, context.Background() }

// BenchmarkParameterServerWithin is a step of 64 workers in this process, whose handlers are called as launcher: inprocess has it, against
// the same over connections.
func BenchmarkParameterServerWithin(b *testing.B) {
	d := shapes.Diabetes(1).Select(firstRows(6400))
	connected := sgdInProcess(b, registry.Default, "sgd-classifier", 64, 50, d)
	setup, handlers := sgdWorkers(b, registry.Default, "sgd-classifier", 64, 50, d)
	for i, h := range handlers {
		setup.Workers[i].Within = inside{h}
	}
	within := serve(b, masters.NewParameterServer(), setup)
	stepTimes(b, connected)
	stepTimes(b, within)
	for b.Loop() {
		var ours, theirs []float64
		for range 5 { // in turns, so that what slows one slows both
			ours, theirs = append(ours, stepTimes(b, within)...), append(theirs, stepTimes(b, connected)...)
		}
		b.ReportMetric(median(ours)*1e3, "ours-ms")
		b.ReportMetric(median(theirs)*1e3, "connections-ms")
		b.ReportMetric(median(ours)/median(theirs), "ratio")
		b.ReportMetric(slices.Min(ours)/slices.Min(theirs), "best-ratio")
	}
}

// BenchmarkParameterServerMillion is a step of a million parameters with one
// worker: its time on the wire (encoding, sending, checking and decoding, both
// ways) against a bare transfer of the same bytes. The goal is 1.5 times.
func BenchmarkParameterServerMillion(b *testing.B) {
	const n = 1_000_000
	reg := &registry.Registry{}
	registry.RegisterIn(reg, "wide", registry.Entry[struct{}, *wide]{
		Task: learner.Classification, Summary: "A benchmark's.", New: func(struct{}, learner.Env) (*wide, error) { return &wide{make([]float64, n)}, nil },
	})
	url := sgdInProcess(b, reg, "wide", 1, 20, shapes.Diabetes(1).Select(firstRows(10)))
	bare := echo(b, make([]byte, 8*n))
	stepTimes(b, url)
	for b.Loop() {
		var transfers, wires, ratios []float64
		for range 10 { // in turns, so that what slows one slows both
			transfer := mean(timesOf(b, 20, bare))
			_, fit := trainAt(b, url)
			wire := fit.Workers[0].Wire / float64(fit.Workers[0].Steps)
			transfers, wires, ratios = append(transfers, transfer), append(wires, wire), append(ratios, wire/transfer)
		}
		b.ReportMetric(median(wires)*1e3, "ms-wire/step")
		b.ReportMetric(median(transfers)*1e3, "ms/transfer")
		b.ReportMetric(median(ratios), "transfers/step")
	}
}

func mean(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x / float64(len(v))
	}
	return sum
}
