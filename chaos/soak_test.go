//go:build linux

package chaos

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/distribute/summation"
)

var soak = flag.Duration("soak", 0, "how long TestSoak runs; 0 leaves it out")

// The traffic of a soak, and how often it is looked at.
const (
	predictEvery = 200 * time.Millisecond
	refitEvery   = time.Minute
	sampleEvery  = 5 * time.Second
)

// series is a quantity over time.
type series struct{ at, value []float64 }

func (s *series) add(at time.Duration, value float64) {
	s.at, s.value = append(s.at, at.Seconds()), append(s.value, value)
}

// growth is the slope of the least-squares line through the samples after the first fifth, in which
// caches fill, times the whole duration: what a leak would add.
func (s series) growth() (growth, mean float64) {
	from := len(s.at) / 5
	_, slope := stat.LinearRegression(s.at[from:], s.value[from:], nil, false)
	return slope * (s.at[len(s.at)-1] - s.at[0]), stat.Mean(s.value[from:], nil)
}

// Three masters with processes as workers serve predictions, and fit again from time to time: memory, open files and
// goroutines stay what they are.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("it takes as long as -soak says")
	}
	ctx, end := context.WithTimeout(t.Context(), *soak)
	defer end()
	var running sync.WaitGroup
	var rigs []*rig
	for i, kind := range []string{aggregation.Name, parameterserver.Name, summation.Name} {
		p := plan{Seed: uint64(i), Kind: kind, Launcher: process, Workers: 2, Timeout: 30 * time.Second}
		dir, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		r, err := newRig(p, dir)
		if err != nil {
			t.Fatal(err)
		}
		rigs = append(rigs, r)
		running.Go(func() {
			wrong := r.run(t.Context(), func(_ context.Context, c *traffic) error { return r.serve(ctx, c) })
			for _, w := range wrong {
				t.Errorf("%s: %s", kind, w)
			}
		})
	}
	all := map[string]*series{}
	sample := func(name string, at time.Duration, value float64) {
		if all[name] == nil {
			all[name] = &series{}
		}
		all[name].add(at, value)
	}
	begun := time.Now()
	beat := time.NewTicker(sampleEvery)
	defer beat.Stop()
	for ctx.Err() == nil {
		wait(ctx, beat.C)
		at := time.Since(begun)
		sample("masters: goroutines", at, float64(runtime.NumGoroutine()))
		watch(t, "masters", os.Getpid(), at, sample)
		for _, r := range rigs {
			for i, pid := range processesOf(t, r.dir) {
				watch(t, fmt.Sprintf("%s worker %d", r.plan.Kind, i+1), pid, at, sample)
			}
		}
	}
	running.Wait()
	for name, s := range all {
		if len(s.at) < 10 {
			t.Fatalf("%s: only %d samples", name, len(s.at))
		}
		growth, mean := s.growth()
		t.Logf("%-40s mean %10.1f, growth %8.2f in %v (%d samples, first %.1f, last %.1f)", name, mean, growth, *soak, len(s.at), s.value[0], s.value[len(s.value)-1])
		allowed := 3.0 // files and goroutines come and go with connections
		if strings.HasSuffix(name, "MiB") {
			allowed = max(4, mean/10) // the collector's own moods
		}
		if growth > allowed {
			t.Errorf("%s grows by %.2f, more than %.1f", name, growth, allowed)
		}
	}
}

// serve predicts and fits until ctx ends; every prediction must be right.
func (r *rig) serve(ctx context.Context, t *traffic) error {
	if err := r.learn(ctx, t); err != nil {
		return err
	}
	fitted := time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		wait(ctx, time.After(predictEvery))
		if ctx.Err() != nil {
			break
		}
		p, err := t.master.Predict(ctx, t.columns, t.rows[n%len(t.rows)])
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return err
		}
		want := r.model.reference[n%len(t.rows)]
		if !slices.EqualFunc(p.Y.Values, want, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }) {
			return fmt.Errorf("predicted %v, want %v", p.Y.Values, want)
		}
		if time.Since(fitted) > refitEvery {
			fitted = time.Now()
			if _, err := t.master.Fit(ctx); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
	return nil
}

// watch samples a process.
func watch(t *testing.T, name string, pid int, at time.Duration, sample func(string, time.Duration, float64)) {
	t.Helper()
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return // it is ending
	}
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	if err != nil {
		t.Fatal(err)
	}
	sample(name+": resident MiB", at, float64(pages*os.Getpagesize())/(1<<20))
	if files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid)); err == nil {
		sample(name+": open files", at, float64(len(files)))
	}
}

// The slope of a leak is seen under noise, and noise alone is none.
func TestGrowth(t *testing.T) {
	for _, leak := range []float64{0, 0.01} {
		var s series
		for i := range 100 {
			s.add(time.Duration(i)*time.Second, 50+leak*float64(i)+float64(i*7919%13-6)/10)
		}
		if growth, _ := s.growth(); math.Abs(growth-leak*99) > 0.5 {
			t.Errorf("a leak of %v a second looks like %v in 99 s", leak, growth)
		}
	}
}
