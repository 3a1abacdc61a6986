//go:build linux

package realcluster_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/gen"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/launcher"
	_ "github.com/gochimera/chimera/launcher/kubernetes"
	"github.com/gochimera/chimera/launcher/kubernetes/realcluster"
	_ "github.com/gochimera/chimera/learner/mlp"
	_ "github.com/gochimera/chimera/learner/sgd"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/masters"
)

// kind is a project of one kind of master.
type kind struct {
	name    string
	master  func() masters.Master
	yaml    string
	workers []string
	shared  bool // all workers have the same rows
}

var (
	bagging = kind{
		"aggregation", func() masters.Master { return masters.NewAggregation() }, "master: aggregation\nlearner: tree-classifier\nbootstrap: true\n",
		[]string{"tree1", "tree2", "tree3"}, false,
	}
	server = kind{
		"parameter-server", func() masters.Master { return masters.NewParameterServer() },
		"master: parameter-server\nlearner: sgd-classifier\nparameter_server: {max_iter: 30, n_iter_no_change: 0, learning_rate_init: 0.01}\n",
		[]string{"part1", "part2", "part3"}, false,
	}
	pipeline = kind{
		"pipeline", func() masters.Master { return masters.NewPipeline() },
		"master: pipeline\nlearner: mlp-classifier\nparams: {hidden_layer_sizes: [16, 8]}\npipeline: {max_iter: 5, batch_size: 64, micro_batches: 4}\n",
		[]string{"stage1", "stage2", "stage3"}, true,
	}
)

// modest is of a worker in chimera.yaml: by default each is promised a whole processor, and one node of a small machine must be able to take all of them.
const modest = "cpu_shares: 100"

// project is one in a folder and a namespace of its own, run by somebody who has the rights that `chimera manifests --rbac` writes.
type project struct {
	kind
	cluster   *realcluster.Cluster
	dir       string
	namespace string
	settings  map[string]string // of launcher: kubernetes
}

// newProject makes one. Nothing of it may be left in the cluster when the test ends, but what the test has applied itself.
func newProject(t *testing.T, c *realcluster.Cluster, k kind, settings map[string]string) *project {
	t.Helper()
	p := &project{kind: k, cluster: c, dir: t.TempDir(), namespace: namespace(t, c)}
	p.settings = map[string]string{"launcher": "kubernetes", "kubernetes.namespace": p.namespace}
	for field, value := range settings {
		p.settings[field] = value
	}
	workers := ""
	for _, worker := range k.workers {
		workers += "  - {name: " + worker + ", " + modest + "}\n"
	}
	write(t, filepath.Join(p.dir, "chimera.yaml"), "project: "+k.name+"\nseed: 7\n"+k.yaml+"workers:\n"+workers)
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	mod := read(t, filepath.Join(root, "go.mod"))
	mod = strings.Replace(mod, "module github.com/gochimera/chimera\n",
		"module example.com/project\n\nrequire github.com/gochimera/chimera v0.0.0\nreplace github.com/gochimera/chimera => "+root+"\n", 1)
	write(t, filepath.Join(p.dir, "go.mod"), mod)
	write(t, filepath.Join(p.dir, "go.sum"), read(t, filepath.Join(root, "go.sum")))
	if _, err := gen.Generate(t.Context(), p.config(t), gen.Options{}); err != nil {
		t.Fatal(err)
	}
	for i, worker := range k.workers {
		writeRows(t, filepath.Join(p.dir, "chimera_train_data", worker), i, k.shared)
	}
	var rights bytes.Buffer
	if err := p.manifester(t).Manifests(t.Context(), p.plan(t), launcher.Manifests{To: &rights, Permission: true}); err != nil {
		t.Fatal(err)
	}
	apply(t, c, rights.Bytes())
	hours := int64(3600)
	token, err := c.Client(t).CoreV1().ServiceAccounts(p.namespace).CreateToken(t.Context(), k.name+"-master",
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &hours}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p.settings["kubernetes.kubeconfig"] = c.Account(t, token.Status.Token)
	return p
}

// namespace makes one that admits only pods of the restricted standard. When the test ends it must be empty.
func namespace(tb testing.TB, c *realcluster.Cluster) string {
	tb.Helper()
	api, name := c.Client(tb), "t-"+strings.ToLower(rand.Text()[:8])
	made := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
		"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/enforce-version": "latest",
	}}}
	if _, err := api.CoreV1().Namespaces().Create(tb.Context(), made, metav1.CreateOptions{}); err != nil {
		tb.Fatal(err)
	}
	err := eventually(tb.Context(), func(ctx context.Context) error { // before, the cluster makes no pods there
		_, err := api.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx := context.Background()
		if tb.Failed() {
			tb.Logf("namespace %s has\n%s", name, strings.Join(objects(tb, c, name), "\n"))
		}
		if err := api.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
			tb.Error(err)
		}
	})
	return name
}

// objects are those of a namespace that a launch can make, as Kind/name, with what the cluster has to say.
func objects(tb testing.TB, c *realcluster.Cluster, namespace string) (all []string) {
	tb.Helper()
	ctx, api, o := context.Background(), c.Client(tb), metav1.ListOptions{}
	sets, err1 := api.AppsV1().StatefulSets(namespace).List(ctx, o)
	pods, err2 := api.CoreV1().Pods(namespace).List(ctx, o)
	services, err3 := api.CoreV1().Services(namespace).List(ctx, o)
	secrets, err4 := api.CoreV1().Secrets(namespace).List(ctx, o)
	maps, err5 := api.CoreV1().ConfigMaps(namespace).List(ctx, o)
	events, err6 := api.CoreV1().Events(namespace).List(ctx, o)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		tb.Fatal(err)
	}
	for _, s := range sets.Items {
		all = append(all, "StatefulSet/"+s.Name)
	}
	for _, p := range pods.Items {
		all = append(all, fmt.Sprintf("Pod/%s on %s, %s", p.Name, p.Spec.NodeName, p.Status.Phase))
	}
	for _, s := range services.Items {
		all = append(all, "Service/"+s.Name)
	}
	for _, s := range secrets.Items {
		all = append(all, "Secret/"+s.Name)
	}
	for _, m := range maps.Items {
		if m.Name != "kube-root-ca.crt" { // every namespace has it
			all = append(all, "ConfigMap/"+m.Name)
		}
	}
	if tb.Failed() {
		for _, e := range events.Items {
			all = append(all, fmt.Sprintf("%s %s %s: %s", e.LastTimestamp.Format(time.TimeOnly), e.InvolvedObject.Name, e.Reason, e.Message))
		}
	}
	return all
}

// empty wants a project to have left nothing.
func (p *project) empty(t *testing.T) {
	t.Helper()
	if left := objects(t, p.cluster, p.namespace); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// config is the project as the command line reads it.
func (p *project) config(t *testing.T) *config.Config {
	t.Helper()
	var overrides []config.Override
	for field, value := range p.settings {
		overrides = append(overrides, config.Override{Field: field, Value: value, Source: "the test"})
	}
	cfg, err := config.Load(config.Options{Dir: p.dir, Catalogue: catalogue.Shipped(), Overrides: overrides})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func (p *project) plan(t *testing.T) launcher.Plan {
	t.Helper()
	return launcher.PlanOf(p.config(t), "test", slog.LevelWarn, nil)
}

// launcher is that of the command line, for chimera ps, down and manifests.
func (p *project) launcher(t *testing.T) launcher.Launcher {
	t.Helper()
	info, err := launcher.Lookup("kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	made, err := info.New(launcher.Setup{Config: p.config(t)})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (p *project) manifester(t *testing.T) launcher.Manifester {
	t.Helper()
	return p.launcher(t).(launcher.Manifester)
}

// running is what chimera ps lists.
func (p *project) running(t *testing.T) ([]launcher.Running, error) {
	t.Helper()
	return p.launcher(t).(launcher.Lister).Running(context.Background(), p.name)
}

// run is the project's program, until serve returns. The time until its workers are ready is in the test's log.
func (p *project) run(t *testing.T, settings map[string]string, serve func(context.Context, *client.Client) error) {
	t.Helper()
	var log output
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	began, ready := time.Now(), false
	options := []chimera.Option{
		chimera.WithProject(p.dir), chimera.WithContext(ctx), chimera.WithOutput(io.Discard, &log),
		chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
			ready = true
			t.Logf("%s: ready after %.2f s", settings["launcher"], time.Since(began).Seconds())
			defer cancel() // as Ctrl-C would
			return serve(ctx, up.Master)
		}),
	}
	for field, value := range settings {
		options = append(options, chimera.WithSetting(field, value))
	}
	if err := chimera.Run(p.master(), 0, options...); err != nil {
		t.Errorf("%v\n%s", err, log.String())
		t.Logf("namespace %s has\n%s", p.namespace, strings.Join(objects(t, p.cluster, p.namespace), "\n"))
	}
	if !ready {
		t.Errorf("the workers were never ready\n%s", log.String())
	}
	t.Logf("%s: ended after %.2f s", settings["launcher"], time.Since(began).Seconds())
}

// inprocess is what the project's model predicts if its workers are in the program.
func (p *project) inprocess(t *testing.T) (want []float64) {
	t.Helper()
	p.run(t, map[string]string{"launcher": "inprocess", "models.store": "none"}, func(ctx context.Context, c *client.Client) (err error) {
		want, err = fitted(ctx, c)
		return err
	})
	if len(want) == 0 {
		t.Fatal("no predictions")
	}
	return want
}

// fitted fits and predicts.
func fitted(ctx context.Context, c *client.Client) ([]float64, error) {
	if _, err := c.Fit(ctx); err != nil {
		return nil, err
	}
	answer, err := predict(ctx, c)
	return answer.Y.Values, err
}

func predict(ctx context.Context, c *client.Client) (client.Prediction, error) {
	x := mat.NewDense(50, 3, nil)
	for i := range 50 {
		x.SetRow(i, features(1000+i))
	}
	answer, err := c.Predict(ctx, []string{"a", "b", "c"}, x)
	if err != nil {
		return client.Prediction{}, err
	}
	return *answer, nil
}

// features are those of a row.
func features(i int) []float64 {
	x := float64(i)
	return []float64{math.Sin(x), math.Cos(3 * x), math.Sin(7*x) * math.Cos(x)}
}

// writeRows writes a worker's rows, of its own or the same for all.
func writeRows(t *testing.T, dir string, worker int, shared bool) {
	t.Helper()
	if shared {
		worker = 0
	}
	x, y := "a,b,c\n", "target\n"
	for i := range 200 {
		row := features(200*worker + i)
		x += fmt.Sprintf("%v,%v,%v\n", row[0], row[1], row[2])
		y += fmt.Sprintln(map[bool]int{true: 1}[row[0]*row[1]+row[2] > 0])
	}
	write(t, filepath.Join(dir, "X_train.csv"), x)
	write(t, filepath.Join(dir, "y_train.csv"), y)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// eventually asks again and again until there is no error. The time that it takes at most is reached only if that never happens.
func eventually(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it never happened: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
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
