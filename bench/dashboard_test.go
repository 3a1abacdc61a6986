package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/masters"
)

const (
	dashboardSteps = 500
	pages          = 3                     // that are open
	pagesAsk       = 20 * time.Millisecond // how often an open page asks for the status, to be seen within a short fit; the real one does every 10 s
)

// BenchmarkDashboard is what a master of three worker processes, which is a process of its own, pays for its page: how much more memory it has needed
// at most, in a fit of 500 steps with three pages open, than in the same fit with none, at most 10 MB; and how long a prediction takes
// while three pages are open that nothing is told, beside none: at most 1.03.
func BenchmarkDashboard(b *testing.B) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		b.Skip("the memory of a process is read from /proc, as on Linux")
	}
	d := shapes.Diabetes(1).Select(firstRows(6400))
	setup := processes(b, "parameterserver", nil, func(i, n int, dir string) { writeRows(b, dir, d, d.Len()*i/n, d.Len()*(i+1)/n) })
	program := filepath.Join(b.TempDir(), "master")
	if _, err := output(b.Context(), "go", "build", "-o", program, "./parameterserver"); err != nil {
		b.Fatal(err)
	}
	row, err := json.Marshal(map[string]any{"X_pred_columns": d.Features, "X_pred_rows": [][]float64{d.X.RawRowView(0)}})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("memory", func(b *testing.B) {
		for b.Loop() {
			var with, without, rest, plainRest []float64
			for range 9 { // in turns, each in a program of its own
				peak, left := memoryOfFit(b, program, setup.Workers, 0)
				without, plainRest = append(without, peak), append(plainRest, left)
				peak, left = memoryOfFit(b, program, setup.Workers, pages)
				with, rest = append(with, peak), append(rest, left)
			}
			b.ReportMetric(median(without), "plain-peak-MB")
			b.ReportMetric(median(with)-median(without), "more-peak-MB")
			b.ReportMetric(median(rest)-median(plainRest), "more-after-MB")
			b.ReportMetric(0, "ns/op") // of all turns
		}
	})
	b.Run("predict", func(b *testing.B) {
		url, _ := startMaster(b, program, setup.Workers)
		trainAt(b, url)
		predict := func() float64 {
			return median(timesOf(b, 400, func() error {
				_, err := post(url+api.PathsOf("parameter-server").Predict, row)
				return err
			}))
		}
		predict()
		for b.Loop() {
			var with, without []float64
			for range 21 { // in turns, so that what slows one slows both
				without = append(without, predict())
				leave := openPages(b, url, pages, 0)
				with = append(with, predict())
				leave()
			}
			b.ReportMetric(median(without)*1e6, "plain-predict-us")
			b.ReportMetric(median(with)/median(without), "predict-ratio")
			b.ReportMetric(0, "ns/op")
		}
	})
}

// startMaster starts a program that is the master of workers that run, and returns its address and its process. It ends with the benchmark.
func startMaster(b *testing.B, program string, workers []masters.Endpoint) (url string, master *exec.Cmd) {
	b.Helper()
	text, err := os.ReadFile(filepath.Join("parameterserver", "chimera.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	var list []string
	for _, w := range workers {
		list = append(list, fmt.Sprintf("{name: %s, url: %q}", w.Name, w.URL))
	}
	const ours = "parameter_server: {"
	yaml := regexp.MustCompile(`(?m)^workers:.*$`).ReplaceAllLiteralString(string(text), "launcher: external\nworkers: ["+strings.Join(list, ", ")+"]")
	yaml = strings.Replace(yaml, ours, fmt.Sprintf("%smax_iter: %d, ", ours, dashboardSteps), 1)
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "chimera.yaml"), []byte(yaml), 0o600); err != nil {
		b.Fatal(err)
	}
	master = exec.CommandContext(b.Context(), program)
	master.Env = append(os.Environ(), "CHIMERA_PROJECT="+dir, "CHIMERA_MASTER_PORT=0")
	master.Cancel = func() error { return master.Process.Signal(os.Interrupt) }
	if url, err = startServing(master); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stopMaster(master) })
	return url, master
}

func stopMaster(master *exec.Cmd) {
	_ = master.Process.Signal(os.Interrupt) // it may have ended
	_ = master.Wait()
}

// memoryOfFit starts a master, which fits once while so many pages are open, and returns how much memory it had at most and how much it has
// after it, in millions of bytes.
func memoryOfFit(b *testing.B, program string, workers []masters.Endpoint, n int) (peak, after float64) {
	b.Helper()
	url, master := startMaster(b, program, workers)
	defer stopMaster(master)
	leave := openPages(b, url, n, pagesAsk)
	_, fit := trainAt(b, url)
	if fit.Training.Steps != dashboardSteps {
		b.Fatalf("the fit ended after %d steps", fit.Training.Steps)
	}
	leave()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", master.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	read := func(name string) float64 {
		line := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(status)
		if line == nil {
			b.Fatalf("no %s in %s", name, status)
		}
		kilo, err := strconv.ParseFloat(string(line[1]), 64)
		if err != nil {
			b.Fatal(err)
		}
		return kilo * 1024 / 1e6
	}
	return read("VmHWM"), read("VmRSS")
}

// openPages does what browsers do that show the page: each loads it and its files, asks what it asks at first, listens to the events, and asks for
// the status every so often, unless that is 0, and for the rest at the end of a fit. They are closed by leave.
func openPages(b *testing.B, master string, n int, every time.Duration) (leave func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	var open sync.WaitGroup
	files, err := filepath.Glob(filepath.Join("..", "dashboard", "assets", "*.[jc]s*"))
	if err != nil || len(files) == 0 {
		b.Fatal("the page has no files: ", err)
	}
	var closing []func()
	for range n {
		p := &page{b: b, master: master, transport: &http.Transport{}}
		p.get(ctx, "/")
		for _, f := range files {
			p.get(ctx, "/dashboard/"+filepath.Base(f))
		}
		for _, path := range []string{"/openapi.json", api.PathStatus + "?report=false", api.PathRuns, api.PathLearners} {
			p.get(ctx, path)
		}
		events := p.open(ctx, api.PathFitEvents)
		if events == nil {
			b.FailNow()
		}
		open.Go(func() {
			defer func() { _ = events.Body.Close() }()
			_, _ = io.Copy(io.Discard, events.Body) // it ends when the page is closed
		})
		if every > 0 {
			open.Go(func() { p.ask(ctx, every) })
		}
		closing = append(closing, func() {
			p.get(ctx, api.PathRuns)
			p.get(ctx, "/openapi.json")
		})
	}
	return func() {
		for _, last := range closing {
			last()
		}
		cancel()
		open.Wait()
	}
}

// page is a browser with the page.
type page struct {
	b         *testing.B
	master    string
	transport *http.Transport
}

// open asks for a path.
func (p *page) open(ctx context.Context, path string) *http.Response {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.master+path, http.NoBody)
	if err != nil {
		p.b.Error(err)
		return nil
	}
	res, err := p.transport.RoundTrip(request)
	if err != nil || res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNotFound {
		if ctx.Err() == nil {
			p.b.Errorf("%s: %v, %v", path, res, err)
		}
		return nil
	}
	return res
}

// get reads what is at a path.
func (p *page) get(ctx context.Context, path string) {
	res := p.open(ctx, path)
	if res == nil {
		return
	}
	_, err := io.Copy(io.Discard, res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil && ctx.Err() == nil {
		p.b.Error(err)
	}
}

// ask asks for the status every so often, until ctx ends.
func (p *page) ask(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.get(ctx, api.PathStatus+"?report=false")
		case <-ctx.Done():
			return
		}
	}
}
