package catalogue_test

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

// A learner's parameters of any text are right or refused by name, and what the description refuses
// the learner refuses too.
func FuzzParams(f *testing.F) {
	all := registry.List()
	for i := range all {
		f.Add(i, []byte(`{"max_depth": 3, "max_features": 1.0, "alpha": -1, "penalty": "l2", "hidden_layer_sizes": [4, 2], "n_neighbors": 1e3}`))
	}
	for _, s := range []string{
		``, `null`, `{`, `[]`, `{"max_features": "sqrt"}`, `{"max_features": null}`, `{"max_depth": 1e999}`, `{"a": 1, "a": 2}`, `{"hidden_layer_sizes": [[1]]}`,
	} {
		f.Add(0, []byte(s))
	}
	f.Fuzz(func(t *testing.T, which int, params []byte) {
		info := all[(which%len(all)+len(all))%len(all)]
		err := registry.Default.Check(info.Name, params)
		var refused *registry.ParamsError
		if err != nil && (!errors.As(err, &refused) || len(refused.Violations) == 0 || refused.Learner != info.Name) {
			t.Fatalf("%s: %T: %v", info.Name, err, err)
		}
		if described := info.CheckParams(params); described != nil && err == nil {
			t.Errorf("%s: the description refuses %s, the learner does not: %v", info.Name, params, described)
		}
	})
}

// stored are the learners that have snapshots, each with the data that it was fitted on.
type stored struct {
	name string
	rows *mat.Dense
	data []byte
}

func snapshots(f *testing.F) []stored {
	f.Helper()
	iris, _ := testdata.Load(f, "iris")
	diabetes, _ := testdata.Load(f, "diabetes")
	var all []stored
	for _, info := range registry.List() {
		if !info.Has(registry.Snapshotter) {
			continue
		}
		rows := iris
		if info.Task == learner.Regression {
			rows = diabetes
		}
		var some []int
		for i := 0; i < rows.Len(); i += rows.Len() / 15 {
			some = append(some, i)
		}
		rows = rows.Select(some)
		m, err := registry.New(info.Name, nil, learner.Env{Seed: 1, Procs: 1})
		if err == nil {
			err = m.Fit(f.Context(), rows)
		}
		if err != nil {
			f.Fatalf("%s: %v", info.Name, err)
		}
		data, err := m.(learner.Snapshotter).MarshalBinary()
		if err != nil {
			f.Fatalf("%s: %v", info.Name, err)
		}
		all = append(all, stored{info.Name, rows.X, data})
	}
	return all
}

// Bytes of anybody, with a right checksum, are a model that answers every row and is stored again as
// the same model, or are refused with ErrSnapshot; either takes memory in proportion to the bytes.
func FuzzSnapshots(f *testing.F) {
	all := snapshots(f)
	const checksum = 4
	for i, s := range all {
		if again := snapshot.Seal(bytes.Clone(s.data[:len(s.data)-checksum])); !bytes.Equal(again, s.data) {
			f.Fatalf("%s has a checksum of another kind", s.name)
		}
		if len(s.data) < 32<<10 {
			f.Add(i, s.data[:len(s.data)-checksum])
		}
	}
	f.Fuzz(func(t *testing.T, which int, body []byte) {
		s := all[(which%len(all)+len(all))%len(all)]
		m, err := registry.New(s.name, nil, learner.Env{Seed: 2, Procs: 1})
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err = m.(learner.Snapshotter).UnmarshalBinary(snapshot.Seal(bytes.Clone(body)))
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > uint64(16<<20+64*len(body)) {
			t.Fatalf("%s: %d bytes allocated to read %d", s.name, used, len(body))
		}
		if err != nil {
			if !errors.Is(err, learner.ErrSnapshot) {
				t.Fatalf("%s: %v is no ErrSnapshot", s.name, err)
			}
			return
		}
		y, err := m.Predict(t.Context(), s.rows)
		if err != nil {
			return // for rows of another width
		}
		if rows, _ := s.rows.Dims(); len(y) != rows {
			t.Fatalf("%s: %d answers for %d rows", s.name, len(y), rows)
		}
		data, err := m.(learner.Snapshotter).MarshalBinary()
		if err != nil {
			t.Fatalf("%s: what was read cannot be stored: %v", s.name, err)
		}
		again, err := registry.New(s.name, nil, learner.Env{Seed: 3, Procs: 1})
		if err == nil {
			err = again.(learner.Snapshotter).UnmarshalBinary(data)
		}
		if err != nil {
			t.Fatalf("%s: what was stored cannot be read: %v", s.name, err)
		}
		same, err := again.Predict(t.Context(), s.rows)
		if err != nil {
			t.Fatal(err)
		}
		for i := range y {
			if math.Float64bits(y[i]) != math.Float64bits(same[i]) && !(math.IsNaN(y[i]) && math.IsNaN(same[i])) {
				t.Fatalf("%s: row %d is %v, stored and read again %v", s.name, i, y[i], same[i])
			}
		}
	})
}
