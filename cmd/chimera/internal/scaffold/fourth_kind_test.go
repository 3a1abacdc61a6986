package scaffold_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/cmd/chimera/internal/scaffold"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/gen"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// A fourth kind, as somebody outside this module would write it: everything that
// lists kinds must know it from its registration alone.

// Patience is what several kinds might share.
type Patience struct {
	Patience int `yaml:"patience" default:"2" validate:"gte=0" doc:"rounds without improvement"`
}

// ring are the settings.
type ring struct {
	Patience
	Rounds    int     `yaml:"rounds" formerly:"laps" default:"3" validate:"gte=1,lte=100" doc:"how often the model goes round"`
	Direction string  `yaml:"direction" default:"left" validate:"oneof=left right" doc:"which way it goes"`
	Rate      float64 `yaml:"rate" env:"RING_RATE" default:"0.5" validate:"gt=0" doc:"how fast"`
	Start     start   `yaml:"start" doc:"where it begins"`
	Seen      facts   `yaml:"-"`
}

type start struct {
	At string `yaml:"at" default:"first" validate:"options"`
}

// Docs documents what has no doc tag.
func (start) Docs() map[string]string { return map[string]string{"at": "the first worker or the last"} }

// ParamOptions are known at run time.
func (start) ParamOptions(string) []string { return []string{"first", "last"} }

type facts struct{ distribute.Project }

// Check checks what depends on more than one setting.
func (r *ring) Check(p distribute.Project, report func(setting, problem, hint string)) {
	r.Seen = facts{p}
	if r.Rounds < p.Workers {
		report("rounds", "fewer than there are workers", "let each have the model once")
	}
}

func init() {
	distribute.Register(distribute.Kind{
		Name: "ring", Summary: "The model goes from worker to worker.",
		Role:    distribute.Role{Name: "runner", Package: "example.com/ring/worker"},
		Section: "ring", Settings: ring{},
		Needs:    []distribute.Need{{Capability: registry.Snapshotter, Lacking: "it cannot be sent"}},
		OneModel: true, SharesLayers: true, OwnsTraining: true,
		Master:         distribute.Source{Package: "example.com/ring/master", Call: "master.New()"},
		DefaultLearner: "traveller",
	})
}

type model struct{}

func (model) Fit(context.Context, learner.Dataset) error { return nil }

func (model) Predict(context.Context, *mat.Dense) ([]float64, error) { return nil, nil }

type traveller struct{ model }

func (traveller) MarshalBinary() ([]byte, error) { return nil, nil }

func (traveller) UnmarshalBinary([]byte) error { return nil }

type params struct {
	Rate float64 `json:"rate" default:"1" doc:"how fast"`
	Size int     `json:"size" default:"1" doc:"how large"`
}

func learners() *registry.Registry {
	r := &registry.Registry{}
	registry.RegisterIn(r, "traveller", registry.Entry[params, traveller]{
		Task: learner.Classification, Summary: "Goes round.", New: func(params, learner.Env) (traveller, error) { return traveller{}, nil },
	})
	registry.RegisterIn(r, "homebody", registry.Entry[params, model]{
		Task: learner.Classification, Summary: "Stays.", New: func(params, learner.Env) (model, error) { return model{}, nil },
	})
	return r
}

const project = "project: p\nmaster: ring\nlearner: traveller\nworkers: 2\n"

func parse(t *testing.T, yaml string, opts config.Options) *config.Config {
	t.Helper()
	opts.Catalogue = learners()
	c, err := config.Parse("c.yaml", []byte(yaml), opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFourthKindIsConfigured(t *testing.T) {
	s := config.SettingsOf[ring](parse(t, project, config.Options{}))
	want := ring{
		Patience: Patience{2}, Rounds: 3, Direction: "left", Rate: 0.5, Start: start{At: "first"},
		Seen: facts{distribute.Project{Workers: 2, Votes: true}},
	}
	if diff := cmp.Diff(want, *s); diff != "" {
		t.Error("defaults (-want +got)", diff)
	}
	c := parse(t, project+"ring: {rounds: 7, start: {at: last}, patience: 0}\n", config.Options{
		Overrides: []config.Override{{Field: "ring.direction", Value: "right", Source: "--set"}},
		Env:       func(name string) (string, bool) { return "0.25", name == "RING_RATE" },
	})
	got, ok := c.Settings("ring").(*ring)
	if !ok || got.Rounds != 7 || got.Direction != "right" || got.Rate != 0.25 || got.Start.At != "last" || got.Patience.Patience != 0 {
		t.Errorf("given: %+v", got)
	}
	if c.Kind().Name != "ring" || c.Master.Role() != "runner" || len(c.Notes) > 0 {
		t.Errorf("%+v, notes %v", c.Kind(), c.Notes)
	}
}

func TestFourthKindIsChecked(t *testing.T) {
	for _, tt := range []struct{ name, yaml, want string }{
		{"an unknown setting", "ring: {round: 3}", `c.yaml:5:8: ring.round: unknown setting; did you mean "rounds"?`},
		{"another kind of value", "ring: {rounds: many}", `c.yaml:5:16: ring.rounds: want a whole number, got "many"`},
		{"a limit", "ring: {rounds: 101}", "c.yaml:5:16: ring.rounds: want >= 1 and <= 100, got 101"},
		{"an option", "ring: {direction: lefd}", `c.yaml:5:19: ring.direction: want one of left, right, got "lefd"; did you mean "left"?`},
		{"an option known at run time", "ring: {start: {at: lost}}",
			`c.yaml:5:20: ring.start.at: want one of first, last, got "lost"; did you mean "last"?`},
		{"of an embedded struct", "ring: {patience: -1}", "c.yaml:5:18: ring.patience: want >= 0, got -1"},
		{"settings together", "ring: {rounds: 1}", "c.yaml:5:16: ring.rounds: fewer than there are workers; let each have the model once"},
		{"its other name too", "ring: {rounds: 3, laps: 4}", "c.yaml:5:19: ring.laps: this is the old name of rounds, which is given too; remove it"},
		{"by its old name", "ring: {laps: 0}", "c.yaml:5:14: ring.rounds: want >= 1 and <= 100, got 0"},
		{"a parameter that it decides", "params: {rate: 2}",
			"c.yaml:5:16: params.rate: a ring trains by its own settings, so this would do nothing; say ring: {rate: ...}"},
		{"a bootstrap", "bootstrap: true", "c.yaml:5:12: bootstrap: the workers of a ring train one model on all their rows; leave it out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("c.yaml", []byte(project+tt.yaml), config.Options{Catalogue: learners()})
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	_, err := config.Parse("c.yaml", []byte("master: ring\nlearner: homebody\nworkers: 2\n"), config.Options{Catalogue: learners()})
	if want := "c.yaml:2:10: learner: a ring master cannot train homebody: it cannot be sent; these can: traveller"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	_, err = config.Parse("c.yaml", []byte("workers: [{name: a, layers: 2}]\n"), config.Options{})
	if want := "only a pipeline or ring has layers to share out; leave it out, or choose master: pipeline or ring"; err == nil ||
		!strings.HasSuffix(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// An old name works, in a file and as an override, and is reported to the user once.
func TestOldNamesWork(t *testing.T) {
	c := parse(t, project+"ring: {laps: 5}\n", config.Options{})
	want := []string{"c.yaml:5:8: ring.laps is now called rounds; the old name still works"}
	if diff := cmp.Diff(want, c.Notes); diff != "" || config.SettingsOf[ring](c).Rounds != 5 {
		t.Error(diff, config.SettingsOf[ring](c).Rounds)
	}
	if !c.Given("ring.rounds") || !c.Given("ring.laps") || c.Given("ring.rate") {
		t.Error("what was given by its old name was given")
	}
	over := config.Override{Field: "ring.laps", Value: "9", Source: "--set"}
	c = parse(t, project+"ring: {rounds: 5}\n", config.Options{Overrides: []config.Override{over, over}})
	want = []string{"--set: ring.laps is now called rounds; the old name still works"}
	if diff := cmp.Diff(want, c.Notes); diff != "" || config.SettingsOf[ring](c).Rounds != 9 {
		t.Error(diff, config.SettingsOf[ring](c).Rounds)
	}
}

func TestFourthKindIsDocumented(t *testing.T) {
	page := config.Markdown()
	for _, line := range []string{
		"| `ring` | mapping of settings |  |  |  | settings of the ring master |",
		"| `ring.rounds` | whole number | 3 | >= 1 and <= 100 |  | how often the model goes round (formerly `laps`) |",
		"| `ring.start.at` | text | first | one of first, last |  | the first worker or the last |",
		"| `ring` | The model goes from worker to worker. | snapshotter | `ring` |",
	} {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("the reference has no line %s", line)
		}
	}
	text, err := json.Marshal(config.JSONSchema(learners()))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"rounds":{"default":3,"description":"how often the model goes round","maximum":100,"minimum":1,"type":"integer"}`,
		`"laps":{"default":3,"deprecated":true,"description":"now called rounds","maximum":100,"minimum":1,"type":"integer"}`,
		`"enum":["aggregation","parameter-server","pipeline","ring","summation"]`, `"enum":["first","last"]`,
	} {
		if !strings.Contains(string(text), part) {
			t.Errorf("the schema has no %s", part)
		}
	}
	var list strings.Builder
	if err := catalogue.WriteList(&list, learners().List()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(list.String(), "aggregation, ring  Goes round.") {
		t.Errorf("the list of learners says\n%s", list.String())
	}
}

// A worker's main links the package of its role, and the master's program does not.
func TestFourthKindIsGenerated(t *testing.T) {
	files, err := gen.Texts(parse(t, project, config.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	text := string(files["chimera_workers/worker1/main.go"])
	for _, line := range []string{"\tworkers.Main(workers.Spec{\n", "\t_ \"example.com/ring/worker\"\n", "Role:       \"runner\",\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
	if strings.Contains(string(files[config.LearnersFile]), "example.com/ring") {
		t.Errorf("%s links the worker's role:\n%s", config.LearnersFile, files[config.LearnersFile])
	}
}

func TestFourthKindIsScaffolded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "around")
	_, err := scaffold.Init(t.Context(), scaffold.Options{Dir: dir, Master: "ring", Workers: 3, Replace: filepath.Join("..", "..", "..", ".."),
		Catalogue: learners()})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"\t\"example.com/ring/master\"\n", "chimera.Run(master.New(), 8080)"} {
		if !strings.Contains(string(text), line) {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
	var rows [2]string
	for i, worker := range []string{"worker1", "worker2"} {
		text, err := os.ReadFile(filepath.Join(dir, config.DataFolder, worker, "X_train.csv"))
		if err != nil {
			t.Fatal(err)
		}
		rows[i] = string(text)
	}
	if rows[0] != rows[1] {
		t.Error("the workers share layers, and have other rows")
	}
}

// A program that does not have the kind says so, and whether another may.
func TestUnknownKind(t *testing.T) {
	for yaml, linked := range map[string]bool{
		"master: voting\nworkers: 2\n":                              false,
		"master: voting\nworkers: 2\npackages: [example.com/own]\n": true,
	} {
		_, err := config.Parse("c.yaml", []byte(yaml), config.Options{})
		var e *config.Error
		const problem = `want one of aggregation, parameter-server, pipeline, ring, summation, got "voting"`
		if !errors.As(err, &e) || e.Field != "master" || e.Linked != linked || e.Problem != problem {
			t.Errorf("%s: %+v", yaml, e)
		}
	}
}
