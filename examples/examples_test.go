//go:build unix

// Package examples_test runs the commands of the READMEs, as someone would who
// has just cloned the repository.
package examples_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/labs"
)

// root is the repository's root, from this package's folder.
const root = ".."

// example is a command that serves, with all it has printed up to "Serving".
type example struct {
	t       *testing.T
	command *exec.Cmd
	printed string
	url     string
	done    chan error
	release func() // gives the project back
}

// run starts a command of a README in a process group of its own, as a
// terminal would, and waits until it serves.
func run(t *testing.T, line string, env ...string) *example {
	t.Helper()
	release := reserve(t, line)
	set, words := assignments(line)
	if err := os.RemoveAll(filepath.Join(root, words[len(words)-1], "loss.svg")); err != nil { // which an earlier run has drawn
		t.Fatal(err)
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = root
	cmd.Env = slices.Concat(os.Environ(), env, set, []string{"CHIMERA_MASTER_PORT=0"})
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	e := &example{t: t, command: cmd, done: make(chan error, 1), release: release}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what the test has not ended by itself
		if t.Failed() {
			t.Logf("what %q wrote to standard error:\n%s", line, stderr.String())
		}
	})
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		e.printed += lines.Text() + "\n"
		if rest, ok := strings.CutPrefix(lines.Text(), "Serving at "); ok {
			e.url, _, _ = strings.Cut(rest, " ")
			break
		}
	}
	if e.url == "" {
		t.Fatalf("%q ended before it served: %v\n%s%s", line, cmd.Wait(), e.printed, stderr.String())
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdout)
		e.done <- cmd.Wait()
	}()
	return e
}

// interrupt is Ctrl-C: the whole group gets it. The command must end by itself.
func (e *example) interrupt() {
	e.t.Helper()
	if err := syscall.Kill(-e.command.Process.Pid, syscall.SIGINT); err != nil {
		e.t.Fatal(err)
	}
	if err := <-e.done; err != nil {
		e.t.Logf("it ended with %v", err) // go run reports the interrupt as its own status; that it ends is what counts
	}
	e.release()
}

// score reads the last column of a line of the printed table.
func (e *example) score(begins string) float64 {
	e.t.Helper()
	return e.number(begins, -1)
}

// number reads a word, from 0 or the last for -1, of a line of the printed table.
func (e *example) number(begins string, word int) float64 {
	e.t.Helper()
	for line := range strings.Lines(e.printed) {
		if fields := strings.Fields(line); strings.HasPrefix(strings.TrimSpace(line), begins) {
			at := word
			if at < 0 || at >= len(fields) {
				at = len(fields) - 1
			}
			v, err := strconv.ParseFloat(fields[at], 64)
			if err == nil {
				return v
			}
		}
	}
	e.t.Fatalf("nothing printed begins with %q:\n%s", begins, e.printed)
	return 0
}

func TestBagging(t *testing.T) {
	for _, tt := range []struct {
		command, single string
		least           float64 // what the ensemble must reach
	}{
		{"go run ./examples/bagging", "tree-classifier", 0.90},
		{"go run ./examples/bagging-regression", "tree-regressor", 0.10},
	} {
		for _, launcher := range []string{"process", "inprocess"} {
			t.Run(tt.command+" "+launcher, func(t *testing.T) {
				t.Parallel()
				e := run(t, tt.command, "CHIMERA_LAUNCHER="+launcher)
				ensemble := e.score("the ensemble of 4")
				if ensemble < tt.least || ensemble <= e.score("baseline") {
					t.Errorf("the ensemble scores %v, the baseline %v", ensemble, e.score("baseline"))
				}
				if one := e.score("one " + tt.single + " on the rows of tree1"); one > ensemble+0.05 {
					t.Errorf("one tree on a quarter of the rows scores %v, the ensemble %v", one, ensemble)
				}
				e.score("one " + tt.single + " on all rows")
				pids := e.pids()
				e.interrupt()
				if launcher == "process" {
					for worker, pid := range pids {
						if err := syscall.Kill(pid, 0); err == nil {
							t.Errorf("worker %s (process %d) is left behind", worker, pid)
						}
					}
				}
			})
		}
	}
}

// The parameter server's examples: what it trains does about as well as the
// learner by itself on all rows, with both launchers, and the curves are drawn.
func TestParameterServer(t *testing.T) {
	for _, tt := range []struct {
		folder, single, launcher string
		least                    float64
	}{
		{"sgd-regression", "sgd-regressor", "process", 0.30},
		{"sgd-classification", "sgd-classifier", "inprocess", 0.93},
		{"poisson", "poisson-regressor", "process", 0.30},
		{"custom-loss", "sgd-regressor", "process", 0.30},
		{"convolution", "convolution-classifier", "process", 0.94},
	} {
		t.Run(tt.folder, func(t *testing.T) {
			t.Parallel()
			e := run(t, "go run ./examples/"+tt.folder, "CHIMERA_LAUNCHER="+tt.launcher)
			alone, trained := e.score("one "+tt.single+" on all rows"), e.score("the trained model")
			if trained < tt.least || trained < alone-0.03 || trained <= e.score("baseline") {
				t.Errorf("the trained model scores %v, the learner by itself %v", trained, alone)
			}
			if _, err := os.Stat(filepath.Join(tt.folder, "loss.svg")); err != nil {
				t.Error(err)
			}
			e.interrupt()
		})
	}
}

// The examples of sums: what is trained is the learner by itself on all rows, with both launchers.
func TestSummation(t *testing.T) {
	for _, tt := range []struct {
		folder, single, launcher string
		least                    float64
	}{
		{"boosting", "boosting-classifier", "process", 0.95},
		{"own-sums", "summed-centroid", "inprocess", 0.85},
	} {
		t.Run(tt.folder, func(t *testing.T) {
			t.Parallel()
			e := run(t, "go run ./examples/"+tt.folder, "CHIMERA_LAUNCHER="+tt.launcher)
			alone, trained := e.score("one "+tt.single+" on all rows"), e.score("the trained model")
			if trained < tt.least || trained != alone || trained <= e.score("baseline") {
				t.Errorf("the trained model scores %v, the learner by itself %v", trained, alone)
			}
			e.interrupt()
		})
	}
}

// The launcher of your own starts the workers, each as polite as it wants.
func TestCustomLauncher(t *testing.T) {
	t.Parallel()
	e := run(t, "go run ./examples/custom-launcher")
	if ensemble := e.score("the ensemble of 3"); ensemble < 0.9 || ensemble <= e.score("baseline") {
		t.Errorf("the ensemble scores %v", ensemble)
	}
	for i, worker := range []string{"worker1", "worker2", "worker3"} {
		out, err := exec.Command("ps", "-o", "ni=", "-p", strconv.Itoa(e.pids()[worker])).Output()
		if got, want := strings.TrimSpace(string(out)), strconv.Itoa(niceness(t)+5+i); err != nil || got != want {
			t.Errorf("%s has niceness %q, %v; want %s", worker, got, err, want)
		}
	}
	e.interrupt()
}

// A kind of distribution of one's own trains, predicts and scores as the built-in ones do.
func TestVoting(t *testing.T) {
	t.Parallel()
	e := run(t, "go run ./examples/voting")
	if majority := e.score("the ensemble of 3"); majority < 0.9 || majority <= e.score("baseline") {
		t.Errorf("the majority scores %v", majority)
	}
	if !strings.Contains(e.printed, "/v1/chimera/voting/predict") {
		t.Errorf("the banner does not tell its paths:\n%s", e.printed)
	}
	e.interrupt()
}

// niceness is that of this process, to which a command's own is added.
func niceness(t *testing.T) int {
	t.Helper()
	out, err := exec.Command("nice").Output()
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Going on by quorum does without the slow worker's rows in some steps, and
// says so; waiting does not.
func TestStraggler(t *testing.T) {
	t.Parallel()
	e := run(t, "go run ./examples/straggler")
	if !strings.Contains(e.printed, " 0 of 20 ") {
		t.Errorf("waiting left the slow worker out:\n%s", e.printed)
	}
	waited, quorum := e.score("waits for the slow worker"), e.score("goes on by quorum")
	if waited < 0.25 || quorum < 0.25 {
		t.Errorf("scores %v and %v", waited, quorum)
	}
	if _, err := os.Stat(filepath.Join("straggler", "loss.svg")); err != nil {
		t.Error(err)
	}
	e.interrupt()
}

// The three ways to train one network are about as good; what travels at every
// step shows in the bytes.
func TestThreeWays(t *testing.T) {
	t.Parallel()
	e := run(t, "go run ./examples/three-ways")
	alone := e.score("one process, all rows")
	for _, way := range []string{"bagging", "parameter-server", "pipeline"} {
		if score := e.score(way); score < 0.94 || score < alone-0.03 {
			t.Errorf("%s scores %v, one process %v", way, score, alone)
		}
	}
	const vectors = 480 * 3 * 8 * (64*64 + 64 + 64*32 + 32 + 32*10 + 10) // steps, workers, bytes per number, parameters
	const activations = 40 * 1347 * 2 * 8 * (64 + 32)                    // epochs, rows, there and back, bytes per number, units at the two cuts
	for column, name := range map[int]string{2: "to workers", 3: "from workers"} {
		bagging, server, pipeline := e.number("bagging", column), e.number("parameter-server", column), e.number("pipeline", column)
		if pipeline < activations || pipeline > 1.1*activations {
			t.Errorf("the stages sent %v bytes, want little more than %d", pipeline, activations)
		}
		if bagging <= 0 || bagging > 40_000 { // the preparation of 64 columns goes to each worker
			t.Errorf("bagging sent %v bytes %s, want what a few requests have", bagging, name)
		}
		if server < vectors || server > 1.1*vectors {
			t.Errorf("the parameter server sent %v bytes %s, want little more than %d", server, name, vectors)
		}
	}
	if _, err := os.Stat(filepath.Join("three-ways", "loss.svg")); err != nil {
		t.Error(err)
	}
	e.interrupt()
	s := &shell{t: t, dir: root}
	c := &example{t: t, printed: s.run("go tool chimera compare --project examples/three-ways/parameter-server --score-data examples/three-ways/test_data")}
	for _, way := range []string{"one process", "aggregation", "parameter-server", "pipeline"} {
		at := 1 + strings.Count(way, " ")
		if score := c.number(way+" ", at); score < 0.94 || score > 1 {
			t.Errorf("compare says that %s scores %v", way, score)
		}
	}
	if got := c.number("parameter-server ", 7) * 1e6; got < 2*vectors || got > 2.2*vectors { // its project has as many steps
		t.Errorf("compare says that the parameter server sent %v bytes, want little more than %d", got, 2*vectors)
	}
}

// pids are the workers' processes: the program's children that run their executables.
func (e *example) pids() map[string]int {
	e.t.Helper()
	out, err := exec.Command("ps", "-e", "-o", "pid=,ppid=,args=").Output()
	if err != nil {
		e.t.Fatal(err)
	}
	parent, program := map[int]int{}, map[int]string{}
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) > 2 {
			pid, _ := strconv.Atoi(words[0]) // ps writes numbers
			parent[pid], _ = strconv.Atoi(words[1])
			program[pid], _, _ = strings.Cut(filepath.Base(words[2]), "-") // of an executable that its own hash names, without that
		}
	}
	pids := map[string]int{}
	for _, m := range e.status().Workers {
		for pid, name := range program {
			if above := parent[pid]; name == m.Worker && (above == e.command.Process.Pid || parent[above] == e.command.Process.Pid) {
				pids[m.Worker] = pid
			}
		}
	}
	return pids
}

func (e *example) status() api.MasterStatus {
	e.t.Helper()
	return get[api.MasterStatus](e.t, e.url+api.PathStatus)
}

func get[T any](t *testing.T, url string) T {
	t.Helper()
	var v T
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Workers are killed with kill -9 while the example serves and must stay dead:
// the rest answer and name the dead, with all dead there is a clear error and the master
// lives, and one that is started again by hand, from its own main, is caught up.
func TestKilledWorkers(t *testing.T) {
	t.Parallel()
	e := run(t, "go run ./examples/bagging", "CHIMERA_RESTART=no")
	master, err := client.New(e.url)
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	test, err := dataio.ReadFeatures(t.Context(), "bagging/test_data/X_test.csv", dataio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	predict := func() (*client.Prediction, error) { return master.Predict(t.Context(), test.Columns, test.X) }
	before, err := predict()
	if err != nil || before.Failures != nil {
		t.Fatal(before.Failures, err)
	}
	pids, urls := e.pids(), map[string]string{}
	for _, m := range e.status().Workers {
		urls[m.Worker] = m.URL
	}

	kill(t, pids["tree2"])
	got, err := predict()
	if err != nil || !slices.Equal(got.Workers, []string{"tree1", "tree3", "tree4"}) || len(got.Failures) != 1 || got.Failures[0].Worker != "tree2" {
		t.Fatalf("with tree2 dead: %+v, %v", got, err)
	}
	fit, err := master.Fit(t.Context())
	if err != nil || len(fit.Workers) != 3 || len(fit.Failures) != 1 || fit.Failures[0].Worker != "tree2" {
		t.Fatalf("fit with tree2 dead: %+v, %v", fit, err)
	}

	for _, w := range []string{"tree1", "tree3", "tree4"} {
		kill(t, pids[w])
	}
	if _, err := predict(); err == nil || !strings.Contains(err.Error(), "tree1") || !strings.Contains(err.Error(), "tree4") {
		t.Errorf("with all dead: %v", err)
	}
	if _, err := master.Fit(t.Context()); err == nil || !strings.Contains(err.Error(), "All fit responses from workers failed.") {
		t.Errorf("fit with all dead: %v", err)
	}

	restart(t, "bagging", "tree3", urls["tree3"])
	if err := master.Events(t.Context(), func(ev client.Event) bool {
		up, ok := ev.Event.(api.WorkerCaughtUpEvent)
		return !ok || up.Worker != "tree3" || up.FitID != fit.FitID
	}); err != nil {
		t.Fatal(err)
	}
	for got = nil; got == nil; {
		if p, err := predict(); err == nil {
			got = p
		}
	}
	if !slices.Equal(got.Workers, []string{"tree3"}) || got.FitID != fit.FitID {
		t.Errorf("after tree3's restart: %+v", got)
	}
	sameAsAlone(t, got, urls["tree3"], test.Columns, test.X)
	e.interrupt()
}

// sameAsAlone wants the answer of an ensemble of one to be that one's.
func sameAsAlone(t *testing.T, got *client.Prediction, url string, columns []string, x *mat.Dense) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"X_pred_columns": columns, "X_pred_rows": [][]float64{x.RawRowView(0)}})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(url+aggregation.PathPredict, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var alone aggregation.PredictResponse
	if err := json.NewDecoder(res.Body).Decode(&alone); err != nil {
		t.Fatal(err)
	}
	if alone.Y[0] != got.Y.Values[0] {
		t.Errorf("the worker says %v, the ensemble of it alone %v", alone.Y[0], got.Y.Values[0])
	}
}

// kill ends a process as kill -9 does and waits until it is gone.
func kill(t *testing.T, pid int) {
	t.Helper()
	if pid <= 0 {
		t.Fatalf("%d is no process", pid) // 0 would be this one and all around it
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for syscall.Kill(pid, 0) == nil {
		if t.Context().Err() != nil {
			t.Fatalf("process %d does not end", pid)
		}
	}
}

// restart runs a worker's generated main by itself, at its old address.
func restart(t *testing.T, project, worker, url string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), worker)
	build := exec.Command("go", "build", "-o", binary, "./examples/"+project+"/chimera_workers/"+worker)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary)
	cmd.Dir = project // it finds chimera_train_data/<worker> there
	cmd.Env = append(os.Environ(), "CHIMERA_WORKERS_PORT="+url[strings.LastIndex(url, ":")+1:])
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, api.Announcement) {
		t.Fatalf("%s announced %q, %v", worker, line, err)
	}
}

// Every command in every README, and in the guide, is run by a test: here, or by the gate.
func TestReadmesCommands(t *testing.T) {
	ran := map[string]string{
		"go run ./examples/bagging":            "TestBagging",
		"go run ./examples/bagging-regression": "TestBagging",
		"go run ./examples/sgd-regression":     "TestParameterServer",
		"go run ./examples/sgd-classification": "TestParameterServer",
		"go run ./examples/poisson":            "TestParameterServer",
		"go run ./examples/boosting":           "TestSummation",
		"go run ./examples/own-sums":           "TestSummation",
		"go run ./examples/custom-loss":        "TestParameterServer",
		"go run ./examples/convolution":        "TestParameterServer",
		"go run ./examples/straggler":          "TestStraggler",
		"go run ./examples/custom-launcher":    "TestCustomLauncher",
		"go run ./examples/voting":             "TestVoting",
		"go run ./examples/three-ways":         "TestThreeWays",
		"go run ./examples/pipeline-digits":    "TestPipelineDigits",
		"go test ./...":                        ".ci/run",

		"go install ./cmd/chimera":                                  "TestQuickStart",
		"go run ./examples/worker-sweep":                            "TestWorkerSweep",
		"go run ./examples/holdout":                                 "TestHoldout",
		"go run ./examples/mixed":                                   "TestMixed",
		"go tool chimera cv --project examples/holdout --repeats 3": "TestHoldout",
		"go tool chimera split wine.csv --target cultivar --by stratified --holdout 0.25 --seed 7 --force":                                       "go generate",
		"go tool chimera inspect examples/mixed/visits.csv --target returns":                                                                     "TestMixed",
		"go tool chimera run --project examples/mixed --fit --score examples/mixed/test_data --once":                                             "TestMixed",
		"go tool chimera fit --project examples/mixed":                                                                                           "TestMixed",
		"go tool chimera score --project examples/mixed --threshold 0.3 examples/mixed/test_data/X_test.csv examples/mixed/test_data/y_test.csv": "TestMixed",
		"go tool chimera compare --project examples/three-ways/parameter-server --score-data examples/three-ways/test_data":                      "TestThreeWays",
		"go tool chimera tune --project examples/mixed --param C=0.01,0.1,1 --param prepare.scale=standard,robust":                               "TestMixed",

		"CHIMERA_LAUNCHER=docker go run ./examples/bagging":     "TestDocker",
		"go tool chimera ps --project examples/bagging":         "TestDocker",
		"go tool chimera logs tree1 --project examples/bagging": "TestDocker",
		"go tool chimera down --project examples/bagging":       "TestDocker",

		"go run ./examples/cluster":                      "TestTwoLaptops",
		"go run ./examples/cluster/master":               "TestTwoLaptops",
		"go tool chimera fit --project examples/cluster": "TestTwoLaptops",
		"go build -o examples/cluster/bin/ ./examples/cluster/chimera_workers/ann ./examples/cluster/chimera_workers/ben":                     "TestTwoLaptops",
		"go tool chimera identity --project examples/cluster/master":                                                                          "TestTwoLaptops",
		"CHIMERA_WORKERS_IDENTITY=ben.identity CHIMERA_TRAIN_DATA=ben-rows CHIMERA_WORKERS_HOST=0.0.0.0 CHIMERA_WORKERS_PORT=9102 ./ben":      "TestTwoLaptops",
		"CHIMERA_WORKERS_IDENTITY=master/chimera_identity/ann.identity CHIMERA_WORKERS_HOST=127.0.0.1 CHIMERA_WORKERS_PORT=9101 ./bin/ann":    "TestTwoLaptops",
		"go tool chimera scale --only ann --project examples/cluster/master":                                                                  "TestTwoLaptops",
		"go tool chimera score examples/cluster/test_data/X_test.csv examples/cluster/test_data/y_test.csv --project examples/cluster/master": "TestTwoLaptops",
		"go tool chimera models export latest -o cultivar.chimera --project examples/cluster/master":                                          "TestTwoLaptops",
		"go tool chimera serve cultivar.chimera --port 8090":                                                                                  "TestTwoLaptops",

		"chimera init iris --workers 3": "TestClusters",
		"go build -o bin/ ./chimera_workers/worker1 ./chimera_workers/worker2 ./chimera_workers/worker3": "TestClusters",
		"go tool chimera certificate shop --role predict":                                                "TestScripts",
		"go tool chimera token --role predict --name shop":                                               "TestScripts",
		"chimera identity": "TestClusters",
		"CHIMERA_WORKERS_IDENTITY=worker1.identity CHIMERA_WORKERS_HOST=0.0.0.0 CHIMERA_WORKERS_PORT=9101 ./worker1": "TestClusters",
		"CHIMERA_WORKERS_HOST=0.0.0.0 CHIMERA_WORKERS_PORT=9101 ./worker1":                                           "TestClusters",

		"chimera init iris": "TestQuickStart",
		"cd iris":           "TestQuickStart",
		"chimera inspect examples/mixed/visits.csv --target returns":                              "TestTableOfYourOwn",
		"chimera init ../visits --data examples/mixed/visits.csv --target returns --drop booking": "TestTableOfYourOwn",
		"cd ../visits":    "TestTableOfYourOwn",
		"go generate":     "TestQuickStart, TestCustomEstimator",
		"go run .":        "TestQuickStart, TestCustomEstimator",
		"chimera lab":     "the script lab, in cmd/chimera/cli",
		"chimera status":  "TestQuickStart",
		"chimera scale 2": "the script scale, in cmd/chimera/cli",
		"chimera scale 3": "the script scale, in cmd/chimera/cli",
		"chimera fit":     "TestQuickStart",
		"chimera score test_data/X_test.csv test_data/y_test.csv":                        "TestQuickStart",
		"chimera predict test_data/X_test.csv":                                           "TestQuickStart",
		"chimera score --record --plots plots test_data/X_test.csv test_data/y_test.csv": "TestTableOfYourOwn",
		"chimera validate":           "TestTableOfYourOwn",
		"chimera models list":        "TestTableOfYourOwn",
		"chimera models show latest": "TestTableOfYourOwn",
		"chimera explain permutation test_data/X_test.csv test_data/y_test.csv":  "TestTableOfYourOwn",
		"chimera explain partial-dependence test_data/X_test.csv --column spent": "TestTableOfYourOwn",
		"chimera export --to onnx -o visits.onnx":                                "TestTableOfYourOwn",
		"chimera runs":                                                    "TestTableOfYourOwn",
		"chimera explain importances":                                     "TestTableOfYourOwn",
		"chimera models export latest -o visits.chimera":                  "TestTableOfYourOwn",
		"chimera predict --model visits.chimera test_data/X_test.csv":     "TestTableOfYourOwn",
		"go tool chimera fit":                                             "TestCustomEstimator",
		"go tool chimera score test_data/X_test.csv test_data/y_test.csv": "TestCustomEstimator",
		"go tool chimera predict test_data/X_test.csv":                    "TestCustomEstimator",
	}
	for _, l := range labs.All() {
		ran["chimera lab "+l.Name] = "TestEveryLab, in labs"
	}
	gate, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```")
	looks := regexp.MustCompile(`^([A-Z_]+=\S* )*(go|chimera|docker|curl|cd|export|\./\S+)( [^|]*)?$`) // a line that somebody is to type
	found := 0
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		guide := filepath.Base(filepath.Dir(path)) == "docs" && filepath.Ext(path) == ".md"
		if err != nil || d.IsDir() || d.Name() != "README.md" && !guide {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, block := range blocks.FindAllStringSubmatch(string(text), -1) {
			for command := range strings.Lines(block[2]) {
				command = strings.TrimSpace(command)
				if block[1] != "sh" {
					if guide && d.Name() != "commands.md" && (looks.MatchString(command) || strings.HasPrefix(command, "$ ")) { // which is made of the commands' own texts
						t.Errorf("%s: %q is a command in a block that is not sh", path, command)
					}
					continue
				}
				found++
				by, ok := ran[command]
				if !ok {
					t.Errorf("%s: no test runs %q", path, command)
				}
				if by == ".ci/run" && !bytes.Contains(gate, []byte(" "+command+"\n")) {
					t.Errorf("%s: .ci/run does not run %q", path, command)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Error("no README has a command")
	}
}
