package gen_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/gen"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func TestGoldenFiles(t *testing.T) {
	dir := newProject(t, projectYAML)
	before := tree(t, dir)
	report := generate(t, load(t, dir, shipped()), false)
	if diff := cmp.Diff(gen.Report{Created: everything}, report); diff != "" {
		t.Error("(-want +got)", diff)
	}
	after := tree(t, dir)
	maps.DeleteFunc(after, func(name, _ string) bool { _, ok := before[name]; return ok })
	for name, text := range after {
		golden := filepath.Join("testdata", "golden", filepath.FromSlash(name)+".golden")
		if *update {
			put(t, golden, text)
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), text); diff != "" {
			t.Errorf("%s, write it with -update (-want +got)\n%s", name, diff)
		}
	}
	if got := slices.Sorted(maps.Keys(after)); !slices.Equal(got, everything) {
		t.Errorf("written: %v", got)
	}
}

// Faults go into the main of their worker, and into no other.
func TestFaults(t *testing.T) {
	dir := newProject(t, "project: p\nlearner: tree-classifier\nworkers: [{name: a, faults: {delay: 250ms}}, {name: b}]\n")
	cfg := load(t, dir, shipped())
	generate(t, cfg, false)
	if got := literals(t, filepath.Join(dir, "chimera_workers", "a", "main.go"))["Faults"]; got == "" || got != cfg.Workers[0].Faults.JSON() {
		t.Errorf("a has the faults %q", got)
	}
	if got, ok := literals(t, filepath.Join(dir, "chimera_workers", "b", "main.go"))["Faults"]; ok {
		t.Errorf("b has the faults %q", got)
	}
}

// How files are written goes into every main, and nothing does where all of it is found out.
func TestData(t *testing.T) {
	const trees = "project: p\nlearner: tree-classifier\nworkers: [{name: a}, {name: b}]\n"
	for settings, want := range map[string]string{
		"data: {header: auto}\nprepare: none\n":                                    "",
		"target: income\ndata: {delimiter: \"`\", header: no, missing: [\"?\"]}\n": `{"target":"income","delimiter":"` + "`" + `","header":"no","missing":["?"]}`,
	} {
		dir := newProject(t, trees+settings)
		cfg := load(t, dir, shipped())
		generate(t, cfg, false)
		for i, w := range cfg.Workers {
			spec := literals(t, filepath.Join(dir, "chimera_workers", w.Name, "main.go"))
			if _, given := spec["Data"]; spec["Data"] != want || given != (want != "") || spec["ConfigHash"] != cfg.WorkerHash(i) {
				t.Errorf("%s: %s has %v", settings, w.Name, spec)
			}
		}
	}
}

// The literals of a generated main are what the configuration says, whatever
// characters are in them.
func TestLiteralsAreTheConfiguration(t *testing.T) {
	for _, text := range []string{"plain", "a`b", `a"b\`, "a\nb", "\u202e", "*/ package x //", "${x} {{.Name}}", "\x00\x7f", "é€𝄞", "<&>"} {
		params, err := json.Marshal(map[string]any{"text": text})
		if err != nil {
			t.Fatal(err)
		}
		dir := newProject(t, fmt.Sprintf("project: p\nworkers: [{name: a, learner: tree-classifier, params: {text: %s}}]\n", strconv.QuoteToASCII(text)))
		cfg := load(t, dir, shipped())
		generate(t, cfg, false)
		spec := literals(t, filepath.Join(dir, "chimera_workers", "a", "main.go"))
		want := map[string]string{
			"Name": "a", "Project": "p", "Learner": "tree-classifier", "Params": string(params),
			"Seed": strconv.FormatUint(learner.Seed(0, "a"), 10), "ConfigHash": cfg.WorkerHash(0),
		}
		if diff := cmp.Diff(want, spec); diff != "" {
			t.Errorf("%q (-want +got)\n%s", text, diff)
		}
	}
}

// literals reads the fields of the one composite literal in a Go file.
func literals(t *testing.T, name string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		kv, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key := kv.Key.(*ast.Ident).Name
		if lit, ok := kv.Value.(*ast.BasicLit); ok {
			fields[key] = lit.Value
			if lit.Kind == token.STRING {
				if fields[key], err = strconv.Unquote(lit.Value); err != nil {
					t.Fatal(err)
				}
			}
		}
		return true
	})
	return fields
}

// A second run changes nothing and touches nothing.
func TestGenerateTwice(t *testing.T) {
	dir := newProject(t, projectYAML)
	generate(t, load(t, dir, shipped()), false)
	old := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	for _, name := range everything {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	report := generate(t, load(t, dir, shipped()), false)
	if diff := cmp.Diff(gen.Report{Unchanged: everything}, report); diff != "" {
		t.Error("(-want +got)", diff)
	}
	for _, name := range everything {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !info.ModTime().Equal(old) {
			t.Errorf("%s was touched", name)
		}
	}
	// Line ends that git changed do not count.
	name := filepath.Join(dir, everything[0])
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	put(t, name, strings.ReplaceAll(string(text), "\n", "\r\n"))
	if stale := generate(t, load(t, dir, shipped()), true).Stale(); stale != nil {
		t.Errorf("stale: %v", stale)
	}
}

// The program that runs the project links its learners, the command line does
// not; both must want the same files.
func TestFilesDoNotDependOnTheCatalogue(t *testing.T) {
	dir := newProject(t, projectYAML)
	generate(t, load(t, dir, shipped()), false)
	linked := append(shipped().List(), registry.Info{Name: "nearest-centroid", Task: learner.Classification, Package: "example.com/me/app/centroid"})
	if stale := generate(t, load(t, dir, catalogue.New(linked...)), true).Stale(); stale != nil {
		t.Errorf("stale for a program that knows more: %v", stale)
	}
}

// A worker of this module's learner links the project's packages if its
// parameters have a name that only they can know, whoever generates its main.
func TestNameOfAnOwnPackage(t *testing.T) {
	const yaml = "packages: [./centroid]\nlearner: sgd-regressor\nworkers:\n  - {name: a, params: {loss: own_loss}}\n  - {name: b, params: {loss: huber}}\n"
	dir := newProject(t, yaml)
	generate(t, load(t, dir, catalogue.Shipped()), false)
	files := tree(t, dir)
	for name, want := range map[string]bool{"chimera_workers/a/main.go": true, "chimera_workers/b/main.go": false, "chimera_learners.go": true} {
		text := files[name]
		if !strings.Contains(text, `"github.com/gochimera/chimera/learner/sgd"`) {
			t.Errorf("%s does not link the learner:\n%s", name, text)
		}
		if got := strings.Contains(text, `"example.com/me/app/centroid"`); got != want {
			t.Errorf("%s links the project's package: %t, want %t\n%s", name, got, want, text)
		}
	}
	knowing := catalogue.Shipped().List()
	for i := range knowing {
		if knowing[i].Name == "sgd-regressor" {
			knowing[i].Params = nil // as if every name were known
		}
	}
	if stale := generate(t, load(t, dir, lenient{catalogue.New(knowing...)}), true).Stale(); stale != nil {
		t.Errorf("stale for a program that knows the loss: %v", stale)
	}
}

// lenient is a catalogue that accepts all parameters.
type lenient struct{ catalogue.Table }

func (lenient) Check(string, json.RawMessage) error { return nil }

// A learner that only the program links, without packages:, is imported by
// where it is.
func TestLearnerThatIsLinkedByHand(t *testing.T) {
	dir := newProject(t, "workers: [{name: a, learner: own}]\n")
	generate(t, load(t, dir, catalogue.New(registry.Info{Name: "own", Task: learner.Regression, Package: "example.com/x"})), false)
	if text := tree(t, dir)["chimera_learners.go"]; !strings.Contains(text, `_ "example.com/x" // own`) {
		t.Errorf("%s", text)
	}
}

func TestCheckOnlyTells(t *testing.T) {
	dir := newProject(t, projectYAML)
	before := tree(t, dir)
	if diff := cmp.Diff(gen.Report{Created: everything}, generate(t, load(t, dir, shipped()), true)); diff != "" {
		t.Error("(-want +got)", diff)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Error("a check wrote", diff)
	}

	generate(t, load(t, dir, shipped()), false)
	changed := strings.NewReplacer("seed: 42", "seed: 43", "  - {name: extra, learner: extra-classifier}\n", "  - {name: new}\n").Replace(projectYAML)
	put(t, filepath.Join(dir, "chimera.yaml"), changed)
	before = tree(t, dir)
	want := gen.Report{
		Created:   []string{"chimera_workers/new/main.go"},
		Updated:   []string{"chimera_learners.go", "chimera_workers/byhand/main.go", "chimera_workers/own/main.go", "chimera_workers/tree1/main.go"},
		Removed:   []string{"chimera_workers/extra/main.go"},
		Unchanged: []string{"chimera_workers/tree2/main.go"}, // it has a seed of its own
	}
	report := generate(t, load(t, dir, shipped()), true)
	if diff := cmp.Diff(want, report); diff != "" {
		t.Error("(-want +got)", diff)
	}
	stale := []string{
		"chimera_learners.go", "chimera_workers/byhand/main.go", "chimera_workers/extra/main.go", "chimera_workers/new/main.go",
		"chimera_workers/own/main.go", "chimera_workers/tree1/main.go",
	}
	if diff := cmp.Diff(stale, report.Stale()); diff != "" {
		t.Error("(-want +got)", diff)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Error("a check wrote", diff)
	}
	if diff := cmp.Diff(want, generate(t, load(t, dir, shipped()), false)); diff != "" {
		t.Error("(-want +got)", diff)
	}
	if stale := generate(t, load(t, dir, shipped()), true).Stale(); stale != nil {
		t.Errorf("stale after generating: %v", stale)
	}
}

func TestUnknownPackage(t *testing.T) {
	dir := newProject(t, "workers: [{name: a, learner: own}]\n")
	_, err := gen.Generate(t.Context(), load(t, dir, nil), gen.Options{})
	want := `worker "a": it is not known which package has the learner own: name your own under packages: in chimera.yaml`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

func TestWithoutChimeraYAML(t *testing.T) {
	dir := newProject(t, projectYAML)
	generate(t, load(t, dir, shipped()), false)
	if err := os.Remove(filepath.Join(dir, "chimera.yaml")); err != nil {
		t.Fatal(err)
	}
	names := func(name string) (string, bool) { return `["tree1"]`, name == config.WorkersNodesNames }
	cfg, err := config.Load(config.Options{Dir: dir, Env: names})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(gen.Report{}, generate(t, cfg, false)); diff != "" {
		t.Error("mains that may be all there is were touched", diff)
	}
}

func TestContextEndsGenerating(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := newProject(t, projectYAML)
	if _, err := gen.Generate(ctx, load(t, dir, shipped()), gen.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}

func TestUsesCgo(t *testing.T) {
	dir := newProject(t, projectYAML)
	cfg := load(t, dir, shipped())
	for i, want := range map[int][2]bool{0: {false, true}, 3: {false, false}, 4: {true, true}} {
		if uses, known := gen.UsesCgo(cfg.Workers[i]); uses != want[0] || known != want[1] {
			t.Errorf("%s: %t, %t, want %v", cfg.Workers[i].Name, uses, known, want)
		}
	}
}

// The role of a worker is that of the master's workers.
func TestGenerateRoles(t *testing.T) {
	for master, role := range map[string]string{"aggregation": "ModelRole", "parameter-server": "SGDRole", "pipeline": "StageRole"} {
		dir := t.TempDir()
		yaml := "project: p\nmaster: " + master + "\nlearner: mlp-classifier\nworkers: 2\n"
		if err := os.WriteFile(filepath.Join(dir, "chimera.yaml"), []byte(yaml), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := gen.Generate(t.Context(), load(t, dir, catalogue.Shipped()), gen.Options{}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "chimera_workers", "worker2", "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "workers."+role+",") {
			t.Errorf("%s: the worker is no %s:\n%s", master, role, text)
		}
	}
}

// A master that trains one model links its learner, also where its workers run elsewhere, so that no main of them is generated; one whose
// workers have the models links none then.
func TestMastersOfWorkersElsewhereLinkWhatTheyTrain(t *testing.T) {
	t.Parallel()
	for master, want := range map[string]bool{"parameter-server": true, "aggregation": false} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, "chimera.yaml"), "master: "+master+"\nlearner: logistic-regression\nlauncher: external\nworkers: [{name: a, url: 'http://h:1'}]\n")
		generate(t, load(t, dir, catalogue.Shipped()), false)
		text, links := tree(t, dir)["chimera_learners.go"]
		if links != want || links && !strings.Contains(text, "/learner/linear\" // logistic-regression") {
			t.Errorf("%s: %s", master, text)
		}
	}
}

// A launcher that is a module of its own is linked by the program that starts the workers, and never by a worker, whoever its learner is.
func TestWorkersDoNotLinkTheirLauncher(t *testing.T) {
	const launcher = "github.com/gochimera/chimera/launcher/kubernetes"
	dir := newProject(t, "launcher: kubernetes\npackages: [./centroid, "+launcher+"]\nlearner: sgd-regressor\nworkers:\n"+
		"  - {name: a, params: {loss: own_loss}}\n  - {name: b, params: {loss: huber}}\n")
	generate(t, load(t, dir, catalogue.Shipped()), false)
	files := tree(t, dir)
	for name, want := range map[string]bool{"chimera_workers/a/main.go": false, "chimera_workers/b/main.go": false, "chimera_learners.go": true} {
		if got := strings.Contains(files[name], `"`+launcher+`"`); got != want {
			t.Errorf("%s links the launcher: %t, want %t\n%s", name, got, want, files[name])
		}
	}
	if !strings.Contains(files["chimera_workers/a/main.go"], `"example.com/me/app/centroid"`) {
		t.Error("a worker has lost the project's own package")
	}
}
