package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/prepare"
)

const twoTrees = "learner: tree-classifier\nworkers: 2\n"

// The section may be a word, and says nothing then.
func TestPrepareIsAWord(t *testing.T) {
	plain := prepare.Settings{Mode: "auto", Impute: "auto", Encode: "auto", Scale: "auto", MaxCategories: 255, Unknown: "ignore",
		Approximation: "none", Gamma: "scale", Components: 100}
	none := plain
	none.Mode = "none"
	for yaml, want := range map[string]prepare.Settings{
		"": plain, "prepare: auto\n": plain, "prepare: {}\n": plain, "prepare:\n": plain, "prepare: none\n": none, "prepare: {mode: none}\n": none,
	} {
		c := parse(t, twoTrees+yaml, config.Options{})
		if diff := cmp.Diff(want, c.Prepare.Settings); diff != "" {
			t.Errorf("%q (-want +got)\n%s", yaml, diff)
		}
		if c.Prepare.Given() != (want.Mode == "none") {
			t.Errorf("%q: given is %t", yaml, c.Prepare.Given())
		}
	}
	c := parse(t, twoTrees+"prepare: {drop: [id], columns: {id2: {kind: dropped}}}\n", config.Options{
		Overrides: []config.Override{{Field: "prepare", Value: "none", Source: "--prepare"}},
	})
	if diff := cmp.Diff(none, c.Prepare.Settings); diff != "" {
		t.Error("a flag replaces the section (-want +got)", diff)
	}
	c = parse(t, twoTrees+"prepare: {min_frequency: 0.01}\n", config.Options{})
	if !c.Prepare.Given() || c.Prepare.MinFrequency != 0.01 {
		t.Errorf("%+v", c.Prepare)
	}
}

func TestPrepareRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		yaml string
		want []string
	}{
		{"another word", "prepare: nothing\n", []string{
			`c.yaml:3:10: prepare.mode: want one of auto, none, got "nothing"`,
		}},
		{"a number", "prepare: 1\n", []string{
			`c.yaml:3:10: prepare: want auto, none, or a mapping of settings, got 1`,
		}},
		{"a list", "prepare: [auto]\n", []string{
			`c.yaml:3:10: prepare: want auto, none, or a mapping of settings, got a list`,
		}},
		{"unknown settings", "prepare:\n  imputer: mean\n  columns:\n    age: {skale: none}\n", []string{
			`c.yaml:4:3: prepare.imputer: unknown setting; did you mean "impute"?`,
			`c.yaml:6:11: prepare.columns.age.skale: unknown setting; did you mean "scale"?`,
		}},
		{"values", "prepare:\n  impute: meen\n  max_categories: 1\n  columns:\n    a.b[0]: {scale: log, indicator: 1}\n    c: 3\n", []string{
			`c.yaml:4:11: prepare.impute: want one of auto, median, mean, most_frequent, constant, none, got "meen"; did you mean "mean"?`,
			`c.yaml:5:19: prepare.max_categories: want >= 2 and <= 65536, got 1`,
			`c.yaml:7:21: prepare.columns.a.b[0].scale: want one of auto, standard, minmax, robust, none, got "log"`,
			`c.yaml:7:37: prepare.columns.a.b[0].indicator: want true or false, got 1`,
			`c.yaml:8:8: prepare.columns.c: want a mapping of settings, got 3`,
		}},
		{"none and something", "prepare:\n  mode: none\n  drop: [id]\n  columns: {a: {scale: none}}\n", []string{
			`c.yaml:5:9: prepare.drop: this has no effect with mode: none; remove it, or the mode`,
			`c.yaml:6:12: prepare.columns: this has no effect with mode: none; remove it, or the mode`,
		}},
		{"one column twice", "prepare:\n  columns:\n    Age: {scale: none}\n    age: {scale: none}\n", []string{
			`c.yaml:6:5: prepare.columns.age: given twice; columns are told apart by more than case and blanks, and "Age" is there already`,
		}},
		{"dropped", "target: y\nprepare:\n  drop: [id, ID, a, Y, \"\"]\n  columns:\n    a: {scale: none}\n    b: {kind: dropped, scale: none}\n    y: {}\n", []string{
			`c.yaml:5:14: prepare.drop[1]: the column "id" is there already`,
			`c.yaml:5:18: prepare.drop[2]: the column "a" is dropped here and has settings under columns:; remove one of the two`,
			`c.yaml:5:21: prepare.drop[3]: the column "y" is dropped here and has settings under columns:; remove one of the two`,
			`c.yaml:5:24: prepare.drop[4]: want the name of a column`,
			`c.yaml:8:31: prepare.columns.b.scale: it has no effect: the column is dropped; remove it, or the kind`,
			`c.yaml:9:8: prepare.columns.y: "y" is the target, which is not prepared`,
		}},
		{"the target dropped", "target: y\nprepare: {drop: [Y]}\n", []string{
			`c.yaml:4:18: prepare.drop[0]: "y" is the target; name another column, or another target:`,
		}},
		{"a constant", "prepare:\n  impute: mean\n  fill_value: 0\n  columns:\n    a: {impute: constant}\n    b: {fill_value: x}\n" +
			"    c: {impute: constant, fill_value: 1.5}\n", []string{
			`c.yaml:8:21: prepare.columns.b.fill_value: it has no effect without impute: constant`,
		}},
		{"no constant", "prepare:\n  fill_value: 0\n  columns:\n    a: {impute: constant, fill_value: 1}\n", []string{
			`c.yaml:4:15: prepare.fill_value: it has no effect without impute: constant`,
		}},
		{"a constant that is missing", "prepare: {impute: constant}\n", []string{
			`c.yaml:3:19: prepare.impute: constant needs fill_value: the constant`,
		}},
		{"a frequency", "prepare:\n  min_frequency: 1.5\n  columns: {a: {min_frequency: -1}, b: {min_frequency: 2.5}}\n", []string{
			`c.yaml:4:18: prepare.min_frequency: want a share of the rows below 1, or a whole number of them, got 1.5`,
			`c.yaml:5:32: prepare.columns.a.min_frequency: want >= 0, got -1`,
			`c.yaml:5:56: prepare.columns.b.min_frequency: want a share of the rows below 1, or a whole number of them, got 2.5`,
		}},
		{"a kernel", "prepare:\n  kernel_approximation: rbf\n  gamma: -1\n  n_components: 0\n", []string{
			`c.yaml:4:25: prepare.kernel_approximation: want one of none, rbf-sampler, nystroem, got "rbf"; did you mean "rbf-sampler"?`,
			`c.yaml:5:10: prepare.gamma: want scale or a positive number, got "-1"`,
			`c.yaml:6:17: prepare.n_components: want >= 1 and <= 16384, got 0`,
		}},
		{"settings of no kernel", "prepare: {gamma: 0.5, n_components: 10}\n", []string{
			`c.yaml:3:18: prepare.gamma: it has no effect without kernel_approximation; set that to rbf-sampler or nystroem, or remove this`,
			`c.yaml:3:37: prepare.n_components: it has no effect without kernel_approximation; set that to rbf-sampler or nystroem, or remove this`,
		}},
		{"a kernel of rows that are not whole", "prepare: {kernel_approximation: nystroem, columns: {a: {impute: none}}}\n", []string{
			`c.yaml:3:65: prepare.columns.a.impute: an approximated kernel compares whole rows, so that no cell may stay without a number; ` +
				`set it to auto, mean, median, most_frequent or constant`,
		}},
		{"kinds", "prepare:\n  columns:\n    a: {kind: numeric, encode: one-hot}\n    b: {kind: categorical, impute: mean}\n    c: {kind: text}\n", []string{
			`c.yaml:5:32: prepare.columns.a.encode: it has no effect: the column is numeric and has no categories; remove it, or the kind`,
			`c.yaml:6:36: prepare.columns.b.impute: categories have no mean; most_frequent, constant and none are for categories`,
			`c.yaml:7:15: prepare.columns.c.kind: want one of numeric, categorical, dropped, got "text"`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := config.Parse("c.yaml", []byte(twoTrees+c.yaml), config.Options{Catalogue: learners()})
			if err == nil {
				t.Fatal("it was taken")
			}
			if diff := cmp.Diff(c.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Error("(-want +got)", diff)
			}
		})
	}
}
