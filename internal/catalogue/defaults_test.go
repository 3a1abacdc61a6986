package catalogue_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// documented are the defaults of a learner's parameters as its page of reference prints them.
func documented(t *testing.T, info registry.Info) map[string]string {
	t.Helper()
	var page bytes.Buffer
	if err := catalogue.WriteMarkdown(&page, []registry.Info{info}); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-zA-Z0-9_]+)` \\| .*? \\| `(.*?)` \\|").FindAllStringSubmatch(page.String(), -1) {
		all[row[1]] = row[2]
	}
	if len(all) != len(info.Params) {
		t.Fatalf("%s: the page has %d of %d parameters", info.Name, len(all), len(info.Params))
	}
	return all
}

// trainedBy is a kind of master that trains a learner; "" if none does.
func trainedBy(info registry.Info) string {
	for _, k := range distribute.List() {
		if _, lacks := k.Lacks(info); !lacks {
			return k.Name
		}
	}
	return ""
}

// written is what a worker gets of parameters in a chimera.yaml, and the hash of its main.
func written(t *testing.T, name, params string, known config.Catalogue) (json.RawMessage, string) {
	t.Helper()
	info, err := known.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	yaml := fmt.Appendf(nil, "master: %s\nlearner: %s\nparams: %s\nworkers: [{name: a}]\n", trainedBy(info), name, params)
	cfg, err := config.Parse("chimera.yaml", yaml, config.Options{Catalogue: known})
	if err != nil {
		t.Fatal(err)
	}
	return json.RawMessage(cfg.Workers[0].Params.JSON()), cfg.WorkerHash(0)
}

// bits are what a learner with these parameters answers, to the last bit, or why it cannot.
func bits(t *testing.T, info registry.Info, params json.RawMessage) string {
	t.Helper()
	m, err := registry.New(info.Name, params, learner.Env{Seed: 3, Procs: 1})
	if err != nil {
		t.Fatal(err)
	}
	const rows, cols = 24, 4
	rnd := learner.NewRand(5)
	d := learner.Dataset{X: mat.NewDense(rows, cols, nil), Y: make([]float64, rows)}
	for i := range rows {
		for j := range cols {
			d.X.Set(i, j, math.Abs(rnd.NormFloat64()))
		}
		d.Y[i] = math.Round(3*d.X.At(i, 0) + d.X.At(i, 1))
		if info.Task == learner.Classification {
			d.Y[i] = float64(i % 2)
			d.X.Set(i, 0, d.X.At(i, 0)+2*d.Y[i])
		}
	}
	if info.Task == learner.Classification {
		d.Classes = []learner.Label{"a", "b"}
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatalf("%s %s: %v", info.Name, params, err)
	}
	y, err := m.Predict(context.Background(), d.X)
	if err != nil {
		t.Fatalf("%s %s: %v", info.Name, params, err)
	}
	return fmt.Sprintf("%x", y)
}

// everything compares unfitted models with all that they keep to themselves; functions come from the rest.
var everything = cmp.Options{
	cmp.Exporter(func(reflect.Type) bool { return true }),
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().Type() != nil && p.Last().Type().Kind() == reflect.Func }, cmp.Ignore()),
}

// The documented default of each parameter, written out in chimera.yaml, is no parameter: the learner
// that is made is the same, and what it learns is the same to the last bit.
func TestWrittenDefaultsChangeNothing(t *testing.T) {
	tables := map[string]config.Catalogue{"registry": registry.Default, "table": throughJSON(t, registry.Default)}
	env := learner.Env{Seed: 3, Procs: 1, Log: slog.New(slog.DiscardHandler)}
	for _, info := range registry.List() {
		if !info.Shipped() || len(info.Params) == 0 {
			continue
		}
		t.Run(info.Name, func(t *testing.T) {
			if trainedBy(info) == "" {
				t.Skip("no kind of master trains it, so no chimera.yaml can have it")
			}
			none, err := registry.New(info.Name, nil, env)
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for name, text := range documented(t, info) {
				all = append(all, name+": "+text)
				hashes := map[string]bool{}
				for table, known := range tables {
					params, hash := written(t, info.Name, "{"+name+": "+text+"}", known)
					hashes[hash] = true
					if i := slices.IndexFunc(info.Params, func(p registry.Param) bool { return p.Name == name }); !bytes.Contains(params, info.Params[i].Default) {
						t.Errorf("%s: %s: %s is %s on its way to the learner, and the default is %s", table, name, text, params, info.Params[i].Default)
					}
					one, err := registry.New(info.Name, params, env)
					if err != nil {
						t.Fatalf("%s: %v", table, err)
					}
					if diff := cmp.Diff(none, one, everything); diff != "" {
						t.Errorf("%s: with the default %s: %s it is another learner\n%s", table, name, text, diff)
					}
				}
				if len(hashes) != 1 {
					t.Errorf("%s: %s has one hash with the registry and another with the table", name, text)
				}
			}
			if info.Traits.NonDeterministic {
				return
			}
			params, _ := written(t, info.Name, "{"+strings.Join(all, ", ")+"}", registry.Default)
			if got, want := bits(t, info, params), bits(t, info, nil); got != want {
				t.Errorf("with %s written out it answers\n%s, without\n%s", params, got, want)
			}
		})
	}
}

// A share of 1.0 is not a count of 1: it is another hash, another text in the generated main and
// another forest, whatever the way that it takes. Where it is one kind of number, it is one hash.
func TestTypeOfNumber(t *testing.T) {
	info, err := registry.Lookup("forest-regressor")
	if err != nil {
		t.Fatal(err)
	}
	for table, known := range map[string]config.Catalogue{"registry": registry.Default, "table": throughJSON(t, registry.Default)} {
		share, hashOfShare := written(t, info.Name, "{max_features: 1.0, n_estimators: 5}", known)
		count, hashOfCount := written(t, info.Name, "{max_features: 1, n_estimators: 5.0}", known)
		if string(share) != `{"max_features":1.0,"n_estimators":5}` || string(count) != `{"max_features":1,"n_estimators":5}` || hashOfShare == hashOfCount {
			t.Errorf("%s: a share %s (%s), a count %s (%s)", table, share, hashOfShare, count, hashOfCount)
		}
		if bits(t, info, share) == bits(t, info, count) {
			t.Errorf("%s: a share of all features and one feature give the same forest", table)
		}
		if _, float := written(t, info.Name, "{max_features: 1, n_estimators: 5}", known); float != hashOfCount {
			t.Errorf("%s: 5 and 5.0 trees have hashes of their own", table)
		}
	}
}

// A description that went through JSON, as that of a worker that was asked, is what it was.
func TestDescriptionKeepsTheTypeOfNumbers(t *testing.T) {
	for _, info := range registry.List() {
		once, err := json.Marshal(info)
		if err != nil {
			t.Fatal(err)
		}
		var back registry.Info
		if err := json.Unmarshal(once, &back); err != nil {
			t.Fatal(err)
		}
		if twice, err := json.Marshal(back); err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%s: %v\n%s\n%s", info.Name, err, once, twice)
		}
		if schema, err := json.Marshal(back.JSONSchema()); err != nil || info.Name == "forest-regressor" && !bytes.Contains(schema, []byte(`"default":1.0`)) {
			t.Errorf("%s: %v, %s", info.Name, err, schema)
		}
	}
}
