package config_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/registry"
)

const everything = `
project: bagging
master: aggregation
launcher: docker
seed: 42
packages: [./centroid, example.com/me/medoid]
learner: tree-classifier
params: {max_depth: 5, criterion: entropy}
bootstrap: true
target: -1
data: {delimiter: ";", header: no, missing: ["", null, -999]}
prepare: {impute: median, drop: [" ID "], columns: {Age: {fill_value: 0, impute: constant, indicator: true}, sex: {kind: categorical, encode: target}}}
workers:
  - name: tree1
  - name: tree2
    params: {max_depth: 0x10, ccp_alpha: 1e-4}
    bootstrap: false
    seed: 18446744073709551615
    weight: 2.5
    port: 8081
    cpu_shares: 2
    cpus: 0.5
    memory: 256MiB
    data: ../elsewhere
  - name: centroid
    learner: nearest-centroid
    params: {metric: "l1", shrink: 1.0, deep: [1, {b: null, a: "<x>"}]}
models: {store: ../kept, keep: 30d}
aggregation: {combine: median, quorum: 2}
endpoints: {host: 0.0.0.0, port: 8000, timeout: 2.5, max_retries: 3, start_timeout: 1m30s}
limits: {max_body: 1.5GB, max_model: 8GiB, body_read_timeout: 5s, max_memory: 2GiB, write_timeout: 1m, max_requests: 50, rate: 2.5, burst: 7, rate_local: true}
access: {hosts: [gpu1.example.org]}
restart: always
log_format: json
network: {name: my_net, prefix: 10.0.0, subnet_mask: 16}
telemetry: {metrics: false}
`

func parse(t *testing.T, yaml string, opts config.Options) *config.Config {
	t.Helper()
	if opts.Catalogue == nil {
		opts.Catalogue = learners()
	}
	c, err := config.Parse("chimera.yaml", []byte(yaml), opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseEverything(t *testing.T) {
	c := parse(t, everything, config.Options{})
	tree, err := learners().Lookup("tree-classifier")
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	want := &config.Config{
		Project: "bagging", Master: config.AggregationMaster, Launcher: config.DockerLauncher, Seed: 42,
		Packages: []string{"./centroid", "example.com/me/medoid"}, Learner: "tree-classifier", Bootstrap: true,
		Params: config.Params{"max_depth": []byte("5"), "criterion": []byte(`"entropy"`)},
		Models: config.Models{Store: "../kept", Keep: config.Keep(-30 * 24 * time.Hour)},
		Target: "-1", Data: config.Data{Delimiter: ";", Header: config.HeaderNo, Missing: config.Marks{"", "null", "-999"}},
		Prepare: config.Prepare{Settings: prepare.Settings{
			Mode: "auto", Impute: "median", Encode: "auto", Scale: "auto", MaxCategories: 255, Unknown: "ignore",
			Approximation: "none", Gamma: "scale", Components: 100, Drop: []string{"id"},
			Columns: map[string]prepare.Column{
				"age": {Impute: "constant", FillValue: "0", Indicator: &yes}, "sex": {Kind: prepare.Categorical, Encode: "target"},
			},
		}},
		Workers: config.Workers{
			{
				Name: "tree1", Learner: "tree-classifier", Bootstrap: true, Seed: learner.Seed(42, "tree1"), Weight: 1, CPUShares: 1024,
				Params: config.Params{"max_depth": []byte("5"), "criterion": []byte(`"entropy"`)},
				Data:   "chimera_train_data/tree1", Info: &tree,
			}, {
				Name: "tree2", Learner: "tree-classifier", Seed: 1<<64 - 1, Weight: 2.5, Port: 8081, CPUShares: 2, CPUs: 0.5, Memory: 256 << 20,
				Params: config.Params{"max_depth": []byte("16"), "criterion": []byte(`"entropy"`), "ccp_alpha": []byte("0.0001")},
				Data:   "../elsewhere", Info: &tree,
			}, {
				Name: "centroid", Learner: "nearest-centroid", Bootstrap: true, Seed: learner.Seed(42, "centroid"), Weight: 1, CPUShares: 1024,
				Params: config.Params{"metric": []byte(`"l1"`), "shrink": []byte("1.0"), "deep": []byte(`[1,{"a":"\u003cx\u003e","b":null}]`)},
				Data:   "chimera_train_data/centroid",
			},
		},
		Endpoints: config.Endpoints{
			Host: "0.0.0.0", Port: 8000, Timeout: config.Duration(2500 * time.Millisecond), MaxRetries: 3,
			StartTimeout: config.Duration(90 * time.Second), LateAfter: config.Duration(2 * time.Second),
		},
		Access:   config.Access{Hosts: []string{"gpu1.example.org"}},
		Security: config.Security{Clients: config.ClientsNone, Tokens: "chimera_tokens", TLS: config.TLSNone},
		Limits: config.RequestLimits{
			MaxBody: 1_500_000_000, MaxModel: 8 << 30, BodyReadTimeout: config.Duration(5 * time.Second), MaxMemory: 2 << 30, WriteTimeout: config.Duration(time.Minute),
			MaxRequests: 50, Rate: 2.5, Burst: 7, RateLocal: true,
		},
		Restart: config.RestartAlways, LogFormat: config.LogJSON,
		Network: config.Network{Name: "my_net", Prefix: "10.0.0", SubnetMask: 16},
		File:    "chimera.yaml",

		Kubernetes: config.Kubernetes{Reach: config.ReachAuto, Apply: true, Rows: config.RowsImage},
		Swarm:      config.Swarm{Data: config.SwarmEmbed, Reserve: true},
	}
	combined := aggregation.Settings{Combine: aggregation.CombineMedian, Quorum: 2, MaxRecoveries: 3}
	if got := config.SettingsOf[aggregation.Settings](c); *got != combined {
		t.Errorf("aggregation: %+v, want %+v", *got, combined)
	}
	defaults := parse(t, "{learner: tree-classifier, workers: 1}", config.Options{})
	for i := range want.Workers {
		want.Workers[i].Faults = defaults.Workers[0].Faults
	}
	if diff := cmp.Diff(want, c, cmpopts.IgnoreUnexported(config.Config{}, registry.Param{})); diff != "" {
		t.Error("(-want +got)", diff)
	}
	for i, unchecked := range []bool{false, false, true} {
		if c.Workers[i].Unchecked() != unchecked {
			t.Errorf("worker %d: unchecked is %t, want %t", i, !unchecked, unchecked)
		}
	}
}

func TestParseDefaults(t *testing.T) {
	c := parse(t, "learner: tree-classifier\nworkers: 3\n", config.Options{Dir: filepath.FromSlash("/home/ann/My Bagging!")})
	if c.Project != "my-bagging" {
		t.Errorf("the project is %q, want the folder's name made safe", c.Project)
	}
	var names []string
	for _, w := range c.Workers {
		names = append(names, w.Name)
	}
	if got := strings.Join(names, " "); got != "worker1 worker2 worker3" {
		t.Errorf("the workers are %s", got)
	}
	if c.Master != config.AggregationMaster || c.Launcher != config.ProcessLauncher || c.Endpoints.Host != "127.0.0.1" || c.Endpoints.Timeout.String() != "1m40s" {
		t.Errorf("defaults: %+v", c)
	}
	if got := c.DataFolder(1); got != filepath.FromSlash("/home/ann/My Bagging!/chimera_train_data/worker2") {
		t.Errorf("the rows are in %s", got)
	}
	if c.Given("network.prefix") || !c.Given("workers") || c.Given("workers[0].port") {
		t.Error("Given is wrong about what the file gave")
	}
}

// A worker that names a learner takes none of the default parameters, which
// are another learner's, even if it is the same one.
func TestParamsAreInheritedWithTheLearner(t *testing.T) {
	c := parse(t, `
learner: tree-classifier
params: {max_depth: 5}
workers:
  - {name: inherits}
  - {name: changes, params: {criterion: entropy}}
  - {name: names, learner: tree-classifier, params: {criterion: entropy}}
`, config.Options{})
	for i, want := range []string{`{"max_depth":5}`, `{"criterion":"entropy","max_depth":5}`, `{"criterion":"entropy"}`} {
		if got := c.Workers[i].Params.JSON(); got != want {
			t.Errorf("%s: %s, want %s", c.Workers[i].Name, got, want)
		}
	}
}

// Numbers are read by the core schema of YAML 1.2, section 10.3.2.
func TestNumbersInParams(t *testing.T) {
	for text, want := range map[string]string{
		"1": "1", "-1": "-1", "+1": "1", "017": "17", "0o17": "15", "0x1F": "31", "-0": "0", "000": "0",
		"1.0": "1.0", "1.": "1.0", "5.00": "5.0", ".5": "0.5", "1e3": "1000.0", "1e-4": "0.0001", "-2.5E-1": "-0.25", "1e21": "1e+21",
		"18446744073709551615": "18446744073709551615", "9007199254740993": "9007199254740993",
		"1_000": `"1_000"`, `"1"`: `"1"`, "1.2.3": `"1.2.3"`, "yes": `"yes"`, "True": "true",
	} {
		c := parse(t, "workers: [{name: a, learner: own, params: {p: "+text+"}}]\npackages: [example.com/own]\n", config.Options{})
		if got := string(c.Workers[0].Params["p"]); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestPrecedence(t *testing.T) {
	file := "learner: tree-classifier\nworkers: 2\nlauncher: docker\nendpoints: {timeout: 1s}\n"
	variables := env(map[string]string{"CHIMERA_LAUNCHER": "external", "CHIMERA_WORKERS_ENDPOINTS_TIMEOUT": " 2 ", "CHIMERA_NETWORK_NAME": ""})
	flags := []config.Override{
		{Field: "launcher", Value: "inprocess", Source: "--launcher"},
		{Field: "workers", Value: "3", Source: "--workers"},
		{Field: "params", Value: "{max_depth: 2}", Source: "--params"},
	}
	c := parse(t, file, config.Options{Env: variables, Overrides: flags})
	if c.Launcher != config.InprocessLauncher {
		t.Errorf("the launcher is %s, want that of the flag", c.Launcher)
	}
	if c.Endpoints.Timeout.String() != "2s" {
		t.Errorf("the timeout is %s, want that of the variable", c.Endpoints.Timeout)
	}
	if c.Network.Name != "chimera-network" {
		t.Errorf("the network is %q: an empty variable should not count", c.Network.Name)
	}
	if len(c.Workers) != 3 || c.Workers[2].Params.JSON() != `{"max_depth":2}` {
		t.Errorf("the workers are %+v, want three with the parameters of the flag", c.Workers)
	}
}

func TestOverridesRefused(t *testing.T) {
	_, err := config.Parse("c.yaml", []byte("learner: tree-classifier\nworkers: 2\n"), config.Options{Catalogue: learners(), Overrides: []config.Override{
		{Field: "launcher", Value: "dokcer", Source: "--launcher"},
		{Field: "lancher", Value: "docker", Source: "--set lancher"},
		{Field: "params", Value: "{max_depth: -1}", Source: "--params"},
		{Field: "workers[].port", Value: "1", Source: "--set workers[].port"},
		{Field: "packages", Value: "[a", Source: "--set packages"},
	}})
	want := strings.TrimSpace(`
--launcher: launcher: want one of process, inprocess, docker, swarm, external, kubernetes, got "dokcer"; did you mean "docker"?
--params: params.max_depth: want >= 0, got -1
--set lancher: lancher: unknown setting; did you mean "launcher"?
--set packages: packages: not YAML: sequence end token ']' not found
--set workers[].port: workers[].port: unknown setting`)
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

func TestWorkerHash(t *testing.T) {
	base := "learner: tree-classifier\nparams: {max_depth: 5, criterion: gini}\nworkers: [{name: a, seed: 1}]\n"
	hash := func(yaml string) string {
		return parse(t, yaml, config.Options{Catalogue: catalogue.Shipped()}).WorkerHash(0)
	}
	// printf '{"bootstrap":false,"learner":"tree-classifier","name":"a","params":{"criterion":"gini","max_depth":5},"role":"model","seed":1}' | sha256sum
	if got, want := hash(base), "8be9bc1a385517e2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for name, same := range map[string]string{
		"spelling":          "learner: tree-classifier\nparams: {criterion: 'gini', max_depth: 5.0}\nworkers: [{name: a, seed: 0x1}]\n",
		"port and launcher": base + "launcher: docker\n",
		"project":           base + "project: other\n",
		"preparation":       base + "prepare: none\n",
		"files found out":   base + "data: {header: auto}\n",
	} {
		if hash(same) != hash(base) {
			t.Errorf("%s: another hash", name)
		}
	}
	for name, other := range map[string]string{
		"name":      strings.Replace(base, "name: a", "name: b", 1),
		"learner":   strings.Replace(base, "tree-classifier", "forest-classifier", 1),
		"params":    strings.Replace(base, "max_depth: 5", "max_depth: 6", 1),
		"seed":      strings.Replace(base, "seed: 1", "seed: 2", 1),
		"bootstrap": base + "bootstrap: true\n",
		"target":    base + "target: income\n",
		"delimiter": base + "data: {delimiter: tab}\n",
	} {
		if hash(other) == hash(base) {
			t.Errorf("%s: the same hash", name)
		}
	}
	if got := hash("launcher: external\nworkers: [{name: a, url: 'http://h:1'}]\n"); got != "" {
		t.Errorf("a worker that runs elsewhere has the hash %s", got)
	}
}

// What a built worker says of its learners is checked against the same lines.
func TestCheckWorker(t *testing.T) {
	yaml := `
packages: [example.com/own]
learner: own-tree
params: {max_depth: -1}
workers:
  - name: a
  - {name: b, params: {max_dept: 1}}
`
	c := parse(t, yaml, config.Options{})
	described := &registry.Registry{}
	registry.RegisterIn(described, "own-tree", registry.Entry[treeParams, estimator]{
		Task: learner.Classification, Summary: "A tree.",
		New: func(treeParams, learner.Env) (estimator, error) { return estimator{}, nil },
	})
	want := strings.TrimSpace(`
chimera.yaml:4:21: params.max_depth: want >= 0, got -1
chimera.yaml:7:24: workers[1].params.max_dept: unknown parameter; did you mean "max_depth"?`)
	if err := c.CheckWorker(1, described); err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
	want = `chimera.yaml:3:10: learner: unknown learner "own-tree"; one of linear-regression, tree-classifier, tree-regressor`
	if err := c.CheckWorker(0, learners()); err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

func TestRoles(t *testing.T) {
	for master, want := range map[config.Master]string{
		config.AggregationMaster: "model", config.ParameterServerMaster: "sgd", config.PipelineMaster: "stage",
	} {
		if got := master.Role(); got != want {
			t.Errorf("%s: %s, want %s", master, got, want)
		}
	}
}

func TestQuantities(t *testing.T) {
	for text, want := range map[string]string{
		"64MiB": "64MiB", "64 MiB": "64MiB", "1.5GiB": "1536MiB", "1000": "1kB", "10kB": "10kB", "7": "7B", "0": "0B", "2048B": "2KiB",
		"-1": "the size -1 is out of range", "1e30": "the size 1e30 is out of range", "MiB": `want a size such as 64MiB, or a number of bytes, got "MiB"`,
		"nan": `want a size such as 64MiB, or a number of bytes, got "nan"`,
	} {
		var z config.Size
		err := z.UnmarshalText([]byte(text))
		got := z.String()
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("size %s is %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"100": "1m40s", "0.25": "250ms", "1h": "1h0m0s", "1e30": "1e30 seconds is out of range", "nan": "nan seconds is out of range",
		"": `want a duration such as 100s or 1m30s, or a number of seconds, got ""`,
	} {
		var d config.Duration
		err := d.UnmarshalText([]byte(text))
		got := d.String()
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("duration %s is %s, want %s", text, got, want)
		}
	}
}

// Whatever a file says, the answer is a configuration or a list of problems
// with places in the file.
func FuzzParse(f *testing.F) {
	f.Add(everything)
	f.Add("workers: 2\nlearner: tree-classifier\n")
	f.Add("? [a]\n: b\n")
	f.Add("a: &x [*x]\nb: !t {c: |\n  d}\n")
	f.Add("workers: [{name: a, name: b}, ~, 3]\nparams: {1: 2, true: 3}")
	f.Fuzz(func(t *testing.T, yaml string) {
		c, err := config.Parse("f", []byte(yaml), config.Options{Catalogue: learners()})
		if err == nil {
			for i := range c.Workers {
				c.WorkerHash(i)
			}
			return
		}
		var errs config.Errors
		if !errors.As(err, &errs) || len(errs) == 0 || c != nil {
			t.Fatalf("%T: %v", err, err)
		}
		lines := strings.Count(yaml, "\n") + strings.Count(yaml, "\r") + 1
		for _, e := range errs {
			if e.File != "f" || e.Line < 1 || e.Line > lines || e.Column < 1 {
				t.Fatalf("no such place: %v", e)
			}
		}
	})
}

func ExampleParse() {
	_, err := config.Parse("chimera.yaml", []byte("master: agregation\nworkers: 2\nlauncer: docker\n"), config.Options{})
	fmt.Println(err)
	// Output:
	// chimera.yaml:1:9: master: want one of aggregation, parameter-server, pipeline, summation, got "agregation"; did you mean "aggregation"?
	// chimera.yaml:3:1: launcer: unknown setting; did you mean "launcher"?
}
