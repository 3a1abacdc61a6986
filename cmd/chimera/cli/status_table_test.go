package cli

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
)

// fixtures are the folders and addresses that the commands of a table name in capitals.
func fixtures(t *testing.T) func(args string) []string {
	t.Helper()
	dir := t.TempDir()
	repo, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"good/chimera.yaml": "workers: 1\nlearner: dummy-classifier\n", "bad/chimera.yaml": "workers: 0\n",
		"own/chimera.yaml": "workers: 1\nlearner: dummy-classifier\n", "own/go.mod": "module example.com/own\n\ngo 1.26\n",
		"rows.csv": "a,b,y\n1,2,n\n3,5,j\n4,7,n\n6,6,j\n5,9,n\n2,8,j\n9,1,n\n8,3,j\n",
		"some.log": "http://localhost:8081/v1/chimera/model/fit worker endpoint latency = 0.006 s\n",
		"X.csv":    "a,b\n1,2\n", "y.csv": "y\n1\n", "ragged.csv": "a,b\n1\n", "times.log": "\x00\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("CHIMERA_PROJECT", "")
	t.Setenv("CHIMERA_MASTER_URL", "")
	t.Setenv("CHIMERA_CACHE", t.TempDir())
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(dir, "no.sock"))
	replace := []string{"BAD", filepath.Join(dir, "bad"), "GOOD", filepath.Join(dir, "good"), "OWN", filepath.Join(dir, "own"),
		"NONE", filepath.Join(dir, "none"), "DIR", dir, "REPO", repo, "GONE", "http://127.0.0.1:1"}
	for name, handler := range map[string]http.HandlerFunc{
		"OTHER":    http.NotFound,
		"PAGE":     func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"JSON":     func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") },
		"UNFITTED": answers(api.CodeNotFitted), "REFUSES": answers(api.CodeUnusableData), "FAILS": answers(api.CodeWorkersFailed),
	} {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		replace = append(replace, name, server.URL)
	}
	r := strings.NewReplacer(replace...)
	return func(args string) []string { return strings.Fields(r.Replace(args)) }
}

// answers is a master that answers everything but the question for its status with a problem.
func answers(code api.Code) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == api.PathStatus {
			_, _ = io.WriteString(w, `{"master":"aggregation","ready":true}`)
			return
		}
		w.WriteHeader(code.Info().Status)
		_, _ = io.WriteString(w, `{"code":"`+string(code)+`","detail":"It says so."}`)
	}
}

// failures are, for every command, what it exits with where the help's table of exit statuses says so. Wrong
// use is tried for all alike.
var failures = map[string][]struct {
	args   string
	status int
}{
	"init":     {{"BAD", badInput}, {"NONE --learner none", badInput}},
	"generate": {{"--project NONE", badInput}, {"--project BAD", badInput}, {"--check --project GOOD", failed}},
	"validate": {{"--project NONE", badInput}, {"--project BAD", badInput}, {"--project GOOD", badInput}},
	"run": {
		{"--project NONE", badInput}, {"--launcher process --project BAD", badInput}, {"--project GOOD", badInput}, // it has no program
		{"--once", misused}, {"--port eighty", misused},
	},
	"split":   {{"NONE DIR/y.csv --workers 1", badInput}, {"DIR/ragged.csv DIR/y.csv --workers 1", badInput}, {"NONE NONE --workers 1 --by luck", misused}},
	"inspect": {{"NONE", badInput}, {"DIR/ragged.csv", badInput}, {"--project NONE", badInput}, {"--target a DIR/X.csv DIR/y.csv", misused}},
	"fit":     {{"--project NONE", badInput}, {"--local --project BAD", badInput}, {"--url elsewhere", misused}, {"--url FAILS", fitFailed}},
	"predict": {
		{"NONE", badInput}, {"DIR/ragged.csv", badInput}, {"--format xml DIR/X.csv", misused}, {"--threshold 1 DIR/X.csv", misused},
		{"--url REFUSES DIR/X.csv", badInput},
	},
	"score": {{"NONE DIR/y.csv", badInput}, {"DIR/X.csv DIR/ragged.csv", badInput}, {"--url REFUSES DIR/X.csv DIR/y.csv", badInput}},
	"export": {
		{"--to onnx --project NONE", badInput}, {"--to onnx --project BAD", badInput}, {"NONE.chimera --to onnx", badInput}, {"", misused}, {"--to pmml", misused},
	},
	"cv": {
		{"--project NONE", badInput}, {"--project BAD", badInput}, {"--project GOOD", badInput}, {"--folds 1", misused}, {"--metric r2 --project GOOD", misused},
	},
	"tune": {
		{"--param a=1 --project NONE", badInput}, {"--param a=1 --project BAD", badInput}, {"--param a=1 --project GOOD", badInput}, {"", misused},
		{"--param a", misused},
	},
	"compare": {
		{"--project NONE", badInput}, {"--project BAD", badInput}, {"--project GOOD", badInput}, {"--masters ring", misused}, {"--test 1", misused},
		{"--repeat 0", misused}, {"--set alpha", misused}, {"--score-data NONE --project GOOD", badInput}, {"--out DIR/X.csv --project GOOD", badInput},
	},
	"explain": {
		{"importances --project NONE", badInput}, {"importances --url UNFITTED", failed}, {"permutation NONE DIR/y.csv", badInput},
		{"partial-dependence DIR/X.csv", misused},
	},
	"models": {
		{"none", misused}, {"list --project NONE", badInput}, {"list --url elsewhere", misused}, {"show none --project GOOD", badInput},
		{"serve", misused}, {"import NONE --project GOOD", badInput},
	},
	"runs": {{"--sort luck", misused}, {"--project NONE", badInput}, {"--url elsewhere", misused}},
	"replay": {
		{"", misused}, {"latest --speed -1", misused}, {"latest --project NONE", badInput}, {"none --project GOOD", badInput}, {"latest --url elsewhere", misused},
	},
	"lab": {
		{"none", misused}, {"bagging --set a", misused}, {"bagging --set a=1", misused}, {"bagging --set repetitions=0", misused}, {"--seed 1", misused},
		{"bagging --all", misused}, {"bagging --set repetitions=1 --set replicates=1 --out DIR/rows.csv", badInput},
	},
	"status": {{"--project NONE", badInput}, {"--url elsewhere", misused}},
	"scale": {
		{"", misused}, {"0", misused}, {"many", misused}, {"2 --only w", misused}, {"2 --project NONE", badInput}, {"2 --url elsewhere", misused},
		{"2 --url REFUSES", badInput},
	},
	"watch": {{"--project NONE", badInput}, {"--url elsewhere", misused}, {"--url REFUSES", badInput}},
	"times": {
		{"NONE", badInput}, {"--project GOOD", badInput}, {"--plot x.gif DIR/times.log", misused}, {"--run latest DIR/some.log", badInput},
		{"a b --project GOOD", badInput}, {"a b --run latest", misused}, {"a b --plot x.svg", misused},
	},
	"learners": {{"none", badInput}, {"--project NONE", badInput}, {"--task guessing", misused}},
	"list":     {{"kinds --project NONE", badInput}, {"none", misused}},
	"schema":   {{"--project NONE", badInput}},
	"openapi":  {{"", misused}, {"none", misused}, {"aggregation --form none", misused}},
	"identity": {{"--project NONE", badInput}, {"--project BAD", badInput}, {"--project GOOD", badInput}}, // its launcher starts the workers
	"down":     {{"--project NONE", badInput}, {"--project BAD", badInput}, {"--project GOOD", failed}},   // no Docker engine answers
	"serve":    {{"", misused}, {"DIR/none.chimera", badInput}, {"DIR/X.csv", badInput}, {"DIR", badInput}, {"DIR/X.csv --port -1", misused}},
	"image": {
		{"", misused}, {"DIR/none.chimera -o DIR/a.tar", badInput}, {"DIR/X.csv -o DIR/a.tar", badInput}, {"DIR -o DIR/a.tar", badInput},
		{"DIR/X.csv --tag Iris:1", misused}, {"DIR/X.csv --platform linux/386", misused}, {"DIR/X.csv -o DIR", badInput}, {"DIR/X.csv -o NONE/a.tar", badInput},
		{"DIR/X.csv --project NONE", badInput}, {"DIR/X.csv", failed}, // no Docker engine answers
	},
	"logs": {{"w --project NONE", badInput}, {"w --project BAD", badInput}, {"w --project GOOD", badInput}, {"worker1 --project GOOD", failed}},
	"certificate": {
		{"ann --project NONE", badInput}, {"ann --project BAD", badInput}, {"ann --role root", misused}, {"Ann --project GOOD", misused},
		{"ann --days 0 --project GOOD", misused}, {"ann --output DIR/rows.csv --project GOOD", badInput},
	},
	"token": {
		{"--project NONE", badInput}, {"--project BAD", badInput}, {"--role root", misused}, {"--file DIR/rows.csv", badInput},
	},
	"manifests": {{"--project NONE", badInput}, {"--project BAD", badInput}, {"--project GOOD", badInput}}, // its launcher has none
	"ps":        {{"--project NONE", badInput}, {"--project BAD", badInput}, {"--project GOOD", failed}},
}

// askers are the commands that ask a master, with what they need beside its address.
var askers = map[string]string{
	"fit": "", "predict": "DIR/X.csv", "score": "DIR/X.csv DIR/y.csv", "status": "", "scale": "2", "runs": "", "watch": "",
	"replay": "latest", "export": "--to onnx",
}

func TestExitStatusOfEveryCommand(t *testing.T) {
	of := fixtures(t)
	exits := func(ctx context.Context, want int, args string) {
		t.Helper()
		var out bytes.Buffer
		if got := run(ctx, of(args), &out, &out); got != want {
			t.Errorf("chimera %s: status %d, want %d\n%s", args, got, want, &out)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	root, _ := newRoot()
	for _, cmd := range root.Commands() {
		name := cmd.Name()
		exits(t.Context(), succeeded, name+" --help")
		exits(t.Context(), misused, name+" --no-such-flag")
		exits(t.Context(), misused, name+" one more than any command takes")
		tries, ok := failures[name]
		if !ok {
			t.Errorf("the table of failures has nothing of %s", name)
		}
		for _, try := range tries {
			exits(t.Context(), try.status, name+" "+try.args)
		}
		needs, asks := askers[name]
		if asks != (cmd.Flag("url") != nil) {
			t.Errorf("%s asks a master: %t, and has --url: %t", name, asks, !asks)
		}
		if !asks {
			continue
		}
		for _, url := range []string{"GONE", "OTHER", "PAGE", "JSON"} {
			exits(t.Context(), unreachable, name+" "+needs+" --url "+url)
		}
		exits(stopped, interrupted, name+" "+needs+" --url GONE")
	}
	exits(t.Context(), failed, "predict DIR/X.csv --url UNFITTED")
	exits(t.Context(), failed, "predict DIR/X.csv --url FAILS")
}
