package compare

import (
	"path/filepath"
	"reflect"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
)

// Each repeat has another seed, counted from the one that was set for the comparison, and other seeds of the workers.
func TestSeedsOfRepeats(t *testing.T) {
	const text = "learner: sgd-regressor\nseed: 3\nworkers:\n  - name: w0\n    seed: 11\n  - name: w1\n"
	dir, err := filepath.Abs(filepath.Join("..", "trial", "testdata", "project"))
	if err != nil {
		t.Fatal(err)
	}
	p := Project{Catalogue: catalogue.Shipped()}
	if p.Config, err = config.Parse(config.FileName, []byte(text), config.Options{Dir: dir, Catalogue: p.Catalogue}); err != nil {
		t.Fatal(err)
	}
	if p.Settings, err = trial.ParseDocument([]byte(text)); err != nil {
		t.Fatal(err)
	}
	for _, w := range p.Config.Workers {
		p.Learners = append(p.Learners, *w.Info)
	}
	if err := p.Set("seed", "7"); err != nil {
		t.Fatal(err)
	}
	ways, cannot := p.Ways([]string{"aggregation"})
	if len(ways) != 2 {
		t.Fatalf("not by %v", cannot)
	}
	jobs, err := p.jobs(ways, NewRows(tables(t, [2]int{8, 8}, [2]int{8, 8}), true), Options{Share: 0.25, Repeats: 3})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][][]uint64{}
	derived := map[uint64]bool{} // of the worker without a seed of its own
	for _, j := range jobs {
		cfg, _, err := p.loads(j.Settings)
		if err != nil {
			t.Fatal(err)
		}
		got[j.way.Name] = append(got[j.way.Name], []uint64{cfg.Seed, cfg.Workers[0].Seed})
		if len(cfg.Workers) > 1 {
			derived[cfg.Workers[1].Seed] = true
		}
	}
	want := [][]uint64{{7, 11}, {8, 12}, {9, 13}}
	if !reflect.DeepEqual(got, map[string][][]uint64{Alone: want, "aggregation": want}) || len(derived) != 3 {
		t.Errorf("seeds of the run and of w0 are %v, want %v; w1 has %d", got, want, len(derived))
	}
}
