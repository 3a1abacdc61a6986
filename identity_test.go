package chimera_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/identity"
	"github.com/gochimera/chimera/internal/rest"
	_ "github.com/gochimera/chimera/learner/mlp"
	_ "github.com/gochimera/chimera/learner/sgd"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// Identities change who is let in, and no bit of what a project computes: of each kind of distribution, also where workers call each other.
func TestIdentitiesChangeNoBit(t *testing.T) {
	for kind, c := range map[string]struct {
		master func() masters.Master
		yaml   string
	}{
		"aggregation": {func() masters.Master { return masters.NewAggregation() }, ""},
		"parameter-server": {func() masters.Master { return masters.NewParameterServer() },
			"learner: sgd-regressor\nmaster: parameter-server\nparameter_server: {max_iter: 5}\n",
		},
		"pipeline": {func() masters.Master { return masters.NewPipeline() },
			"learner: mlp-regressor\nmaster: pipeline\nparams: {hidden_layer_sizes: [3]}\npipeline: {max_iter: 5}\n",
		},
	} {
		t.Run(kind, func(t *testing.T) {
			var plain []float64
			for _, how := range []string{"none", "token", "mtls"} {
				got, workers := answers(t, c.master(), c.yaml+"security: {workers: "+how+"}\n")
				if how == "none" {
					plain = got
				} else if !slices.Equal(got, plain) {
					t.Errorf("with %s the predictions are %v, with none %v", how, got, plain)
				}
				for _, at := range workers {
					if scheme := map[bool]string{true: "https", false: "http"}[how == "mtls"]; !strings.HasPrefix(at, scheme+"://") {
						t.Errorf("with %s, a worker is at %s", how, at)
					}
				}
			}
		})
	}
}

// answers fits a project, and returns what it predicts for some rows and where its workers were. As it runs, whoever does not belong is refused.
func answers(t *testing.T, m masters.Master, yaml string) (predictions []float64, workers []string) {
	t.Helper()
	base := "learner: dummy-regressor\n"
	if strings.HasPrefix(yaml, "learner: ") {
		base = ""
	}
	dir := project(t, "")
	put(t, filepath.Join(dir, "chimera.yaml"), "project: test\nlauncher: inprocess\nworkers: 2\n"+base+yaml)
	if strings.Contains(yaml, "pipeline") { // its workers have the same rows
		put(t, filepath.Join(dir, "chimera_train_data", "worker2", "y_train.csv"), "target\n1\n3\n")
	}
	var stderr output
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := chimera.Run(m, 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(io.Discard, &stderr),
		chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
			defer cancel()
			if _, err := up.Master.Fit(ctx); err != nil {
				return err
			}
			p, err := up.Master.Predict(ctx, []string{"a", "b"}, mat.NewDense(2, 2, []float64{1, 2, 7, 0.1}))
			if err != nil {
				return err
			}
			predictions = p.Y.Values
			status, err := up.Master.Status(ctx)
			if err != nil {
				return err
			}
			for _, w := range status.Workers {
				workers = append(workers, w.URL)
				strangers(t, w.URL, strings.Contains(yaml, "workers: none"))
			}
			return nil
		}))
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	return predictions, workers
}

// strangers ask a worker for its rows.
func strangers(t *testing.T, at string, open bool) {
	t.Helper()
	for _, authorization := range []string{"", "Bearer x"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+api.PathSchema, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", authorization)
		req.Close = true
		status := 0
		if res, err := http.DefaultClient.Do(req); err == nil { // with mtls there is not even an answer
			status = res.StatusCode
			_ = res.Body.Close()
		}
		switch want := map[bool]int{true: http.StatusOK, false: http.StatusUnauthorized}[open]; {
		case strings.HasPrefix(at, "https:") && status != 0, strings.HasPrefix(at, "http:") && status != want:
			t.Errorf("a stranger with Authorization %q got status %d of %s", authorization, status, at)
		}
	}
}

// Workers that somebody starts are known by the files that were made for them. One that has another's file, or none, is not taken for
// the one that should be there.
func TestWorkersThatRunElsewhere(t *testing.T) {
	for name, c := range map[string]struct {
		identities [2]string // whose identity the two workers have
		says       string    // in the error; empty if all is well
	}{
		"as it should be":     {[2]string{"worker1", "worker2"}, ""},
		"exchanged":           {[2]string{"worker2", "worker1"}, "worker worker1 and this program do not know each other: "},
		"without an identity": {[2]string{"", ""}, "does not talk TLS: was it started without an identity?"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := project(t, "")
			authority, err := identity.Create(dir, "test", identity.MTLS)
			if err != nil {
				t.Fatal(err)
			}
			yaml := "project: test\nlauncher: external\nsecurity: {workers: mtls}\nlearner: dummy-regressor\nworkers:\n"
			for i, of := range c.identities {
				name := fmt.Sprint("worker", i+1)
				if of != "" {
					if err := authority.IssueFile(dir, of); err != nil {
						t.Fatal(err)
					}
				}
				yaml += "  - {name: " + name + ", url: 'https://" + elsewhere(t, dir, name, of) + "'}\n"
			}
			put(t, filepath.Join(dir, "chimera.yaml"), yaml)
			var stderr output
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err = chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(io.Discard, &stderr),
				chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
					defer cancel()
					_, err := up.Master.Fit(ctx)
					return err
				}))
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v; want %q\n%s", err, c.says, stderr.String())
			}
		})
	}
}

// elsewhere serves a worker with the identity of one, or none, until the test ends.
func elsewhere(t *testing.T, dir, name, of string) (address string) {
	t.Helper()
	var known *identity.Worker
	if of != "" {
		secret, err := os.ReadFile(filepath.Join(dir, identity.PathOf(of)))
		if err != nil {
			t.Fatal(err)
		}
		if known, err = identity.Read(secret); err != nil {
			t.Fatal(err)
		}
	}
	w, err := workers.New(workers.Spec{Name: name, Role: workers.ModelRole, Project: "test", Learner: "dummy-regressor"}, registry.Default, workers.Options{
		Data: filepath.Join(dir, "chimera_train_data", name), Identity: known,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepting := l
	if known != nil {
		accepting = known.Listener(l)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- rest.ServeOn(ctx, accepting, w, time.Minute, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, w.Close()); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// A program whose workers can be reached from elsewhere says so, once, unless they are secured.
func TestWarnsOfTheWire(t *testing.T) {
	for yaml, want := range map[string]string{
		"":                             "",
		"security: {workers: none}\n":  "",
		"endpoints: {host: 0.0.0.0}\n": "and the token by which it is called",
		"endpoints: {host: 0.0.0.0}\nsecurity: {workers: none}\n": "whoever reaches this worker can use it",
		"endpoints: {host: 0.0.0.0}\nsecurity: {workers: mtls}\n": "",
	} {
		var stderr output
		ctx, cancel := context.WithCancel(t.Context())
		err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(project(t, yaml)), chimera.WithContext(ctx), chimera.WithOutput(io.Discard, &stderr),
			chimera.OnReady(func(context.Context, chimera.Up) error { cancel(); return nil }))
		cancel()
		const says = "the wire to a worker is not secured"
		if n := strings.Count(stderr.String(), says); err != nil || n != min(len(want), 1) || !strings.Contains(stderr.String(), want) {
			t.Errorf("%q: %v, said %d times, want %q:\n%s", yaml, err, n, want, stderr.String())
		}
	}
}
