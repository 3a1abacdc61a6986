package validate_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/validate"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/internal/dataio"
)

// project makes a project of files, and reads its chimera.yaml.
func project(t *testing.T, files map[string]string) *config.Config {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Load(config.Options{Dir: dir, Catalogue: catalogue.Shipped()})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// Learners that come with Chimera need no worker to be asked.
func TestShippedLearners(t *testing.T) {
	cfg := project(t, map[string]string{"chimera.yaml": "learner: dummy-classifier\nworkers: 2\n"})
	infos, err := validate.Learners(t.Context(), cfg)
	if err != nil || len(infos) != 2 || infos[1].Name != "dummy-classifier" {
		t.Errorf("got %v, %v", infos, err)
	}
}

func TestData(t *testing.T) {
	const yaml = "learner: dummy-classifier\nworkers: [{name: a}, {name: b}, {name: c}]\n"
	good := map[string]string{
		"chimera.yaml":                     yaml,
		"chimera_train_data/a/X_train.csv": "x,z\n1,2\n", "chimera_train_data/a/y_train.csv": "y\nyes\n",
		"chimera_train_data/b/X_train.csv": "Z,x\n1,2\n", "chimera_train_data/b/y_train.csv": "y\nno\n",
		"chimera_train_data/c/X_train.csv": "x,z\n1,2\n", "chimera_train_data/c/y_train.csv": "y\nyes\n",
	}
	for _, tt := range []struct {
		name, file, text string
		says             []string
	}{
		{name: "as it should be, columns in any order"},
		{"a ragged row", "chimera_train_data/b/X_train.csv", "x,z\n1\n", []string{"X_train.csv:2: the row has 1 fields"}},
		{"other columns", "chimera_train_data/b/X_train.csv", "x,w\n1,2\n", []string{"worker b has no column z and a further column w, compared with worker a"}},
		{"a quantity for a classifier", "chimera_train_data/c/y_train.csv", "y\n0.5\n", []string{"looks continuous"}},
		{"a pipeline's workers with other rows", "chimera.yaml", "master: pipeline\nlearner: mlp-classifier\nworkers: [{name: a}, {name: b}]\n",
			[]string{"worker b has other rows than worker a, from row 1 on"}},
		{"rows without targets", "chimera_train_data/c/y_train.csv", "y\n", []string{"no rows"}},
		{"a worker elsewhere", "chimera.yaml", "launcher: external\nlearner: dummy-classifier\nworkers: [{name: far, url: 'http://localhost:1'}]\n", nil},
		{"two that miss their data", "chimera.yaml", "learner: dummy-classifier\nworkers: [{name: d}, {name: a}, {name: e}]\n",
			[]string{"/d/X_train.csv: this file should hold", "/e/X_train.csv"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{}
			for name, text := range good {
				files[name] = text
			}
			if tt.file != "" {
				files[tt.file] = tt.text
			}
			cfg := project(t, files)
			infos, err := validate.Learners(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			_, err = validate.Data(t.Context(), cfg, infos, nil)
			if tt.says == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *dataio.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			for _, says := range tt.says {
				if !strings.Contains(filepath.ToSlash(err.Error()), says) {
					t.Errorf("got %v, want %q", err, says)
				}
			}
		})
	}
}

// Everything that is wrong with all workers' rows is found at once, and what is only good to know is noted.
func TestDataTogether(t *testing.T) {
	const yaml = "learner: logistic-regression\nworkers: [{name: a}, {name: b}]\n"
	const data = "chimera_train_data/"
	base := map[string]string{
		"chimera.yaml":         yaml,
		data + "a/X_train.csv": "age,sex\n1,m\n2,f\n3,m\n", data + "a/y_train.csv": "y\nyes\nno\nmaybe\n",
		data + "b/X_train.csv": "sex,age\nf,4\nm,\n", data + "b/y_train.csv": "y\nno\nyes\n",
	}
	for _, tt := range []struct {
		name    string
		changes map[string]string
		notes   []string
		says    []string
	}{
		{"texts and missing cells are prepared", nil, []string{"worker b has no rows of the class maybe"}, nil},
		{"kinds that differ", map[string]string{data + "b/X_train.csv": "sex,age\n0,4\n1,\n"},
			[]string{"the column sex has texts in the rows of a, and numbers only in those of b: it is categorical for all", "worker b has no rows"}, nil},
		{"nothing is prepared", map[string]string{"chimera.yaml": yaml + "prepare: none\n"}, nil, []string{
			`a/X_train.csv:2:2 (column "sex"): expected a number, found "m": prepare: none in chimera.yaml takes numbers as they are`,
			`b/X_train.csv:2:1 (column "sex"): expected a number, found "f"`,
			"the column age has missing cells, which logistic-regression does not take: with prepare: auto in chimera.yaml they are imputed",
		}},
		{"missing cells stay", map[string]string{"chimera.yaml": yaml + "prepare:\n  impute: none\n"}, nil, []string{"age"}},
		{"columns that nobody has", map[string]string{"chimera.yaml": yaml + "prepare:\n  drop: [sx]\n  columns:\n    ages: {impute: median}\n"}, nil, []string{
			`chimera.yaml:4:10: prepare.drop[0]: no worker has a column "sx"; did you mean "sex"?`,
			`chimera.yaml:6:11: prepare.columns.ages: no worker has a column "ages"; did you mean "age"?`,
		}},
		{"every line of every worker", map[string]string{
			data + "a/X_train.csv": "age,sex\n1\n2,f\n3,m,4\n", data + "b/y_train.csv": "y\nno\n?\n",
		}, nil, []string{"a/X_train.csv:2", "a/X_train.csv:4", "b/y_train.csv:3"}},
		{"too many categories", map[string]string{"chimera.yaml": yaml + "prepare: {max_categories: 2}\n",
			data + "b/X_train.csv": "sex,age\nf,4\nx,5\n"}, []string{"the column sex: "}, nil},
		{"too many categories for what is asked", map[string]string{"chimera.yaml": yaml + "prepare: {max_categories: 2, encode: one-hot}\n",
			data + "b/X_train.csv": "sex,age\nf,4\nx,5\n"}, nil, []string{"chimera.yaml:3:10: prepare: ", "sex", "max_categories"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := maps.Clone(base)
			maps.Copy(files, tt.changes)
			cfg := project(t, files)
			infos, err := validate.Learners(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			told := 0
			notes, err := validate.Data(t.Context(), cfg, infos, func(done, total int) { told = done * total })
			if told != 4 {
				t.Errorf("the progress was not told: %d", told)
			}
			if (err == nil) != (tt.says == nil) {
				t.Fatalf("%v, want %q", err, tt.says)
			}
			for _, says := range tt.says {
				if !strings.Contains(filepath.ToSlash(err.Error()), says) {
					t.Errorf("%v\nwant %q", err, says)
				}
			}
			for _, note := range tt.notes {
				if !slices.ContainsFunc(notes, func(got string) bool { return strings.HasPrefix(got, note) }) {
					t.Errorf("notes %q, want %q", notes, note)
				}
			}
		})
	}
}

// The kind of master is that of the program's own call of Run, where its text says one.
func TestProgram(t *testing.T) {
	const pipeline = "workers: 2\nmaster: pipeline\nlearner: mlp-classifier\n"
	program := func(imports, call string) string {
		return "package main\n\nimport (\n\t\"github.com/gochimera/chimera\"\n\t" + imports + "\n)\n\nfunc main() {\n\t" + call + "\n}\n"
	}
	const masters = `"github.com/gochimera/chimera/masters"`
	for _, tt := range []struct{ name, yaml, main, want string }{
		{"the same", pipeline, program(masters, "chimera.Run(masters.NewPipeline(), 8080)"), ""},
		{"another", pipeline, program(masters, "chimera.Run(masters.NewAggregation(), 8080)"),
			"chimera.yaml:2:9: master: pipeline, but main.go:9:14 runs the aggregation master; change one of them"},
		{"by other names", pipeline, program("m "+masters, "if err := chimera.Run(m.NewParameterServer(), 0); err != nil {\n\t\tpanic(err)\n\t}"),
			"main.go:9:24 runs the parameter-server master"},
		{"none is named", "workers: 2\nlearner: mlp-classifier\n", program(masters, "chimera.Run(masters.NewPipeline(), 8080)"),
			"master: not given, which means aggregation, but main.go:9:14 runs the pipeline master; add master: pipeline"},
		{"a variable", pipeline, program(masters, "m := masters.NewAggregation()\n\tchimera.Run(m, 8080)"), ""},
		{"a choice", pipeline, program(masters, "chimera.Run(masters.NewAggregation(), 1)\n\tchimera.Run(masters.NewPipeline(), 1)"), ""},
		{"a master of one's own", pipeline, program(`"example.com/voting"`, "chimera.Run(voting.New(), 8080)"), ""},
		{"another function", pipeline, program(masters, "chimera.Stop(masters.NewAggregation())"), ""},
		{"no program", pipeline, "package notmain\n", ""},
		{"not Go", pipeline, "package main\n\nfunc {", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := validate.Program(project(t, map[string]string{"chimera.yaml": tt.yaml, "main.go": tt.main}))
			var problems config.Errors
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (!errors.As(err, &problems) || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}
