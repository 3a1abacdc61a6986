package chimera_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/launcher"
	_ "github.com/gochimera/chimera/learner/dummy"
	"github.com/gochimera/chimera/masters"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// project makes a project of two inprocess workers that predict the mean of their target.
func project(t *testing.T, yaml string) string {
	t.Helper()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "chimera.yaml"), "project: test\nlauncher: inprocess\nlearner: dummy-regressor\nworkers: 2\n"+yaml)
	for i, y := range []string{"1\n3\n", "4\n8\n"} {
		data := filepath.Join(dir, "chimera_train_data", "worker"+strconv.Itoa(i+1))
		put(t, filepath.Join(data, "X_train.csv"), "a,b\n1,2\n3,4\n")
		put(t, filepath.Join(data, "y_train.csv"), "target\n"+y)
	}
	return dir
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// output is a buffer for several writers.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func TestRun(t *testing.T) {
	dir := project(t, "")
	var stdout, stderr output
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(&stdout, &stderr),
		chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
			if up.Dir != dir {
				t.Errorf("project folder %s, want %s", up.Dir, dir)
			}
			fit, err := up.Master.Fit(ctx)
			if err != nil {
				return err
			}
			p, err := up.Master.Predict(ctx, []string{"b", "a"}, mat.NewDense(1, 2, []float64{1, 2}))
			if err != nil {
				return err
			}
			if got := p.Y.Values[0]; got != 4 || p.FitID != fit.FitID { // the mean of 2 and 6
				t.Errorf("predicted %v, want 4", got)
			}
			cancel() // as Ctrl-C would
			return nil
		}))
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	lines := strings.Split(stdout.String(), "\n")
	for i, want := range []string{
		"aggregation master of project test", "http://localhost:", "/docs", "curl -X POST",
		`'{"X_pred_columns":["a","b"],"X_pred_rows":[[1,2]]}'`,
	} {
		if i >= len(lines) || !strings.Contains(lines[i], want) {
			t.Errorf("line %d of what is printed lacks %q:\n%s", i+1, want, stdout.String())
		}
	}
	for file, want := range map[string]string{
		"chimera_time.log":   "/v1/chimera/aggregation/predict master endpoint latency = ",
		"chimera_time.jsonl": `"node":"worker","worker":"worker2","path":"/v1/chimera/model/fit","run":"`,
		"chimera_status.log": "Serving aggregation master at port",
	} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %q: %v\n%s", file, want, err, text)
		}
	}
}

// The master answers from its start: with 503 until its workers are up, which the test controls here. What it prints for people
// comes when it serves, and not before.
func TestAnswersWhileStarting(t *testing.T) {
	up := make(chan struct{})
	worker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-up
		w.WriteHeader(http.StatusNotFound) // like a worker of the Python package, which has no health path
	}))
	defer worker.Close()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "chimera.yaml"), "project: test\nlauncher: external\nworkers: [{name: w, url: \""+worker.URL+"\"}]\n")
	lines, output := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(output, output))
		_ = output.Close()
		done <- err
	}()
	var statuses []int
	health := func(url string) {
		res, err := http.Get(url + "/v1/chimera/health")
		if err != nil {
			t.Error(err)
			return
		}
		_ = res.Body.Close()
		statuses = append(statuses, res.StatusCode)
	}
	printed := bufio.NewScanner(lines)
	url := ""
	for printed.Scan() {
		line := printed.Text()
		if _, rest, ok := strings.Cut(line, "chimera | the master at "); ok {
			url, _, _ = strings.Cut(rest, " ")
			health(url)
			close(up)
		}
		if strings.HasPrefix(line, "Chimera:") {
			health(url)
		}
		if strings.HasPrefix(line, "Ready:") {
			break
		}
	}
	if !slices.Equal(statuses, []int{http.StatusServiceUnavailable, http.StatusOK}) {
		t.Errorf("statuses %v, want 503 at the start, and 200 once the banner is printed", statuses)
	}
	cancel()
	_, _ = io.Copy(io.Discard, lines)
	if err := <-done; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
}

// A user's mistake is reported in one sentence, and nothing is left running.
func TestRunRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for _, tt := range []struct {
		name string
		yaml string
		port int
		harm func(dir string)
		says string
	}{
		{name: "another kind of master", yaml: "master: pipeline\n", says: "pipeline"},
		{name: "a learner that does not exist", yaml: "packages: []\n", says: "dummy-regresor", harm: func(dir string) {
			put(t, filepath.Join(dir, "chimera.yaml"), "launcher: inprocess\nworkers: [{name: w, learner: dummy-regresor}]\n")
		}},
		{name: "the port is taken", port: taken.Addr().(*net.TCPAddr).Port, says: "in use"},
		{name: "a bad row in the training data", says: "X_train.csv:2", harm: func(dir string) {
			put(t, filepath.Join(dir, "chimera_train_data", "worker2", "X_train.csv"), "a,b\n1\n3,4\n")
		}},
		{name: "no training data", says: "y_train.csv", harm: func(dir string) {
			if err := os.Remove(filepath.Join(dir, "chimera_train_data", "worker2", "y_train.csv")); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "a launcher that is not there", yaml: "", says: "launcher", harm: func(dir string) {
			put(t, filepath.Join(dir, "chimera.yaml"), "launcher: mainframe\nlearner: dummy-regressor\nworkers: 2\n")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := project(t, tt.yaml)
			if tt.harm != nil {
				tt.harm(dir)
			}
			var stdout, stderr output
			err := chimera.Run(masters.NewAggregation(), tt.port, chimera.WithProject(dir), chimera.WithContext(t.Context()), chimera.WithOutput(&stdout, &stderr),
				chimera.OnReady(func(context.Context, chimera.Up) error { return errors.New("it ran") }))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want an error with %q\n%s", err, tt.says, stderr.String())
			}
		})
	}
}

// counted is the program's own launcher, which counts what it launches.
type counted struct {
	launcher.Launcher
	launches *atomic.Int32
}

func (c counted) Name() string { return "counted" }

func (c counted) Launch(ctx context.Context, p launcher.Plan) (launcher.Fleet, error) {
	c.launches.Add(1)
	return c.Launcher.Launch(ctx, p)
}

var launches atomic.Int32

func init() {
	launcher.Register("counted", launcher.Entry{Summary: "goroutines, counted", New: func(s launcher.Setup) (launcher.Launcher, error) {
		return counted{launcher.InProcess{New: s.Factory}, &launches}, nil
	}})
}

// A launcher that the program has registered can be chosen just like the built-in ones: by
// chimera.yaml, by the variable, or by the program.
func TestRegisteredLauncher(t *testing.T) {
	for _, tt := range []struct {
		name, yaml, variable string
		options              []chimera.Option
	}{
		{name: "chimera.yaml", yaml: "counted"},
		{name: "CHIMERA_LAUNCHER", yaml: "process", variable: "counted"},
		{name: "WithLauncher", yaml: "process", options: []chimera.Option{chimera.WithLauncher("counted")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, before := project(t, ""), launches.Load()
			put(t, filepath.Join(dir, "chimera.yaml"), "project: test\nlauncher: "+tt.yaml+"\nlearner: dummy-regressor\nworkers: 2\n")
			t.Setenv("CHIMERA_LAUNCHER", tt.variable)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var stdout, stderr output
			options := append([]chimera.Option{
				chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(&stdout, &stderr),
				chimera.OnReady(func(context.Context, chimera.Up) error { cancel(); return nil }),
			}, tt.options...)
			if err := chimera.Run(masters.NewAggregation(), 0, options...); err != nil {
				t.Fatalf("%v\n%s", err, stderr.String())
			}
			if n := launches.Load() - before; n != 1 {
				t.Errorf("it launched %d times, want 1", n)
			}
		})
	}
}

func TestOnReadysErrorEndsTheRun(t *testing.T) {
	broken := errors.New("broken")
	var stdout, stderr output
	err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(project(t, "")), chimera.WithContext(t.Context()), chimera.WithOutput(&stdout, &stderr),
		chimera.OnReady(func(context.Context, chimera.Up) error { return broken }))
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// A master and its workers show metrics, unless chimera.yaml says no.
func TestMetrics(t *testing.T) {
	for yaml, want := range map[string]int{"": http.StatusOK, "telemetry: {metrics: false}\n": http.StatusNotFound} {
		dir := project(t, yaml)
		ctx, cancel := context.WithCancel(t.Context())
		err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(io.Discard, io.Discard),
			chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
				defer cancel()
				if _, err := up.Master.Fit(ctx); err != nil {
					return err
				}
				st, err := up.Master.Status(ctx)
				if err != nil {
					return err
				}
				for url, says := range map[string]string{
					up.Master.URL():   `chimera_worker_calls_total{endpoint="/v1/chimera/model/fit",result="answered",worker="worker2"} 1`,
					st.Workers[1].URL: `chimera_http_requests_total{code="200",method="POST",route="/v1/chimera/model/fit"} 1`,
				} {
					res, err := http.Get(url + "/metrics")
					if err != nil {
						return err
					}
					text, err := io.ReadAll(res.Body)
					res.Body.Close()
					status := want
					if want == http.StatusNotFound && url == st.Workers[1].URL {
						status = http.StatusUnauthorized // a worker says to its master only what it has not
					}
					if err != nil || res.StatusCode != status || want == http.StatusOK && !strings.Contains(string(text), says) {
						t.Errorf("%q: %s answers %s, %v, without %s:\n%.3000s", yaml, url, res.Status, err, says, text)
					}
				}
				return nil
			}))
		if err != nil {
			t.Errorf("%q: %v", yaml, err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
