package watch

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/api"
)

var update = flag.Bool("update", false, "write the golden frames")

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func envelopes(events ...api.Event) (all []api.Envelope) {
	for i, e := range events {
		all = append(all, api.Envelope{Seq: i + 1, Time: noon.Add(time.Duration(i) * time.Second), Kind: e.Kind(), Event: e})
	}
	return all
}

func part(name string, busy, wire, wait float64, steps int) api.WorkerStep {
	return api.WorkerStep{Worker: name, Total: api.WorkerTotals{Steps: steps, Computing: busy, Wire: wire, Waiting: wait}}
}

// bagging is a fit of three workers, of which one fails.
func bagging() []api.Envelope {
	fit := func(name string, done int, seconds, at float64) api.WorkerFittedEvent {
		return api.WorkerFittedEvent{FitID: "b", Done: done, Total: 3, Fit: api.WorkerFit{Worker: name, Rows: 60, Seconds: seconds, Wire: 0.25}, AnsweredAt: at}
	}
	return envelopes(
		api.FitStartedEvent{FitID: "b", Workers: []string{"tree1", "tree2", "tree3"}, Master: "aggregation", Started: noon},
		api.WorkerBeganEvent{FitID: "b", Worker: "tree1", Rows: 60, At: 0.01}, api.WorkerBeganEvent{FitID: "b", Worker: "tree2", Rows: 60, At: 0.02},
		api.WorkerBeganEvent{FitID: "b", Worker: "tree3", Rows: 7, At: 0.02}, fit("tree2", 1, 0.75, 1.02),
		api.WorkerFailedEvent{FitID: "b", Done: 2, Total: 3, Failure: api.WorkerFailure{Worker: "tree3", Reason: "connection refused\x1b[2J"}},
		fit("tree1", 3, 2, 2.26), api.FitCommittedEvent{FitID: "b", Seconds: 2.3, Workers: 2})
}

// server is a training of two workers, of which one misses a step and goes down.
func server() []api.Envelope {
	events := []api.Event{
		api.FitStartedEvent{FitID: "p", Workers: []string{"w1", "w2"}, Master: "parameter-server", Started: noon},
		api.WorkerBeganEvent{FitID: "p", Worker: "w1", Rows: 1000, At: 0.1}, api.WorkerBeganEvent{FitID: "p", Worker: "w2", Rows: 2000, At: 0.1},
	}
	for i := range 40 {
		t := float64(i+1) / 10
		events = append(events, api.StepEvent{FitID: "p", Step: i + 1, MaxIter: 100, Loss: new(8 / t), Workers: 2, At: 0.1 + t,
			Parts: []api.WorkerStep{part("w1", t/2, t/4, t/4, i+1), part("w2", 3*t/4, t/4, 0, i+1)}})
	}
	missed := part("w2", 3, 1, 0, 40)
	missed.Missed, missed.Total.Missed = "timeout", 1
	events = append(events, api.StepEvent{FitID: "p", Step: 41, MaxIter: 100, Loss: new(1.9), Workers: 1, At: 4.5,
		Parts: []api.WorkerStep{part("w1", 2, 1, 1.5, 41), missed}}, api.WorkerDownEvent{Worker: "w2", Reason: "it did not answer within 1s"})
	return envelopes(events...)
}

// pipeline is a training of two stages that is resumed and fails.
func pipeline() []api.Envelope {
	return envelopes(
		api.FitStartedEvent{FitID: "s", Workers: []string{"stage1", "stage2"}, Master: "pipeline", Started: noon, Resumed: true},
		api.WorkerBeganEvent{FitID: "s", Worker: "stage1", Rows: 500, At: 0.1, Layers: 2, Parameters: 20},
		api.WorkerBeganEvent{FitID: "s", Worker: "stage2", Rows: 500, At: 0.1, Layers: 1, Parameters: 10},
		api.FitResumedEvent{FitID: "s", Recovery: api.Recovery{From: 101}},
		api.StepEvent{FitID: "s", Step: 101, MaxIter: 400, Loss: new(0.5), Workers: 2, At: 0.4,
			Parts:    []api.WorkerStep{part("stage1", 0.1, 0.1, 0.1, 1), part("stage2", 0.2, 0.05, 0.05, 1)},
			Pipeline: &api.PipelineStep{MicroBatches: 8, Bubble: 0.5, BubbleSoFar: 0.25, BubbleTheory: 1.0 / 9}},
		api.StepEvent{FitID: "s", Step: 102, MaxIter: 400, Loss: new(0.4), Workers: 2, At: 0.7,
			Parts:    []api.WorkerStep{part("stage1", 0.2, 0.2, 0.2, 2), part("stage2", 0.4, 0.1, 0.1, 2)},
			Pipeline: &api.PipelineStep{MicroBatches: 8, Bubble: 0.4, BubbleSoFar: 0.2, BubbleTheory: 1.0 / 9}},
		api.FitFailedEvent{FitID: "s", Reason: "The training diverged at step 103."})
}

// many is a fit of more workers than a terminal has lines.
func many() []api.Envelope {
	started := api.FitStartedEvent{FitID: "m", Master: "aggregation", Started: noon}
	for i := range 40 {
		started.Workers = append(started.Workers, fmt.Sprintf("worker-with-a-long-name-%d", i+1))
	}
	return envelopes(started)
}

func TestFrames(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []api.Envelope
		size   Size
	}{
		{"nothing", nil, Size{80, 24}}, {"bagging", bagging(), Size{80, 24}}, {"bagging-half", bagging()[:6], Size{80, 24}}, {"server", server(), Size{80, 24}},
		{"pipeline", pipeline(), Size{80, 24}}, {"many", many(), Size{80, 24}}, {"narrow", server(), Size{40, 10}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var v View
			ended := false
			for _, e := range c.events {
				ended = v.Add(e)
			}
			lines := v.Frame(c.size)
			text := strings.Join(lines, "\n") + "\n"
			file := filepath.Join("testdata", c.name+".frame")
			if *update {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if text != string(want) {
				t.Errorf("got\n%s\nwant\n%s", text, want)
			}
			if len(lines) >= c.size.Height {
				t.Errorf("%d lines do not fit into %d", len(lines), c.size.Height)
			}
			for _, line := range lines {
				if n := len([]rune(line)); n > c.size.Width || strings.ContainsRune(line, '\x1b') {
					t.Errorf("%q has %d characters of %d", line, n, c.size.Width)
				}
			}
			if wantEnd := v.state == committed || v.state == broken; ended != wantEnd {
				t.Errorf("it ended: %t, want %t", ended, wantEnd)
			}
		})
	}
}

func TestLines(t *testing.T) {
	for name, events := range map[string][]api.Envelope{"bagging": bagging(), "server": server(), "pipeline": pipeline()} {
		t.Run(name, func(t *testing.T) {
			var l Lines
			var b strings.Builder
			for _, e := range events {
				for _, line := range l.Add(e) {
					b.WriteString(line + "\n")
				}
			}
			file := filepath.Join("testdata", name+".lines")
			if *update {
				if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s", &b, want)
			}
		})
	}
}

// The losses of a long fit are drawn in bounded memory, from the first to the last.
func TestLossesAreBounded(t *testing.T) {
	var v View
	v.Add(envelopes(api.FitStartedEvent{FitID: "f"})[0])
	const n = 100_000
	for i := range n {
		v.Add(api.Envelope{Event: api.StepEvent{Step: i + 1, Loss: new(float64(n - i))}})
	}
	if len(v.losses) > mostLosses || v.losses[0] != n || v.losses[len(v.losses)-1] > n/100 {
		t.Errorf("%d losses are kept, from %v to %v", len(v.losses), v.losses[0], v.losses[len(v.losses)-1])
	}
	if got, want := sparkline([]float64{1, 2, 3, 4, 5, 6, 7, 8}, 8), "▁▂▃▄▅▆▇█"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := sparkline([]float64{1e-4, 1e-1, 1}, 8), "▁▆█"; got != want {
		t.Errorf("on a logarithmic scale: got %s, want %s", got, want)
	}
	if got, want := sparkline([]float64{3, 3}, 8), "▁▁"; got != want {
		t.Errorf("of a constant: got %s, want %s", got, want)
	}
}

// A frame is drawn over the one before, at most ten times a second; the end at once.
func TestScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := NewScreen(&out, func() Size { return Size{80, 24} }, func(state, text string) string { return "<" + state + ">" + text })
		done := make(chan struct{})
		ended := make(chan struct{})
		go func() { defer close(ended); s.Run(done) }()
		for _, e := range server() {
			time.Sleep(10 * time.Millisecond)
			s.Add(e)
		}
		close(done)
		<-ended
		frames := strings.Split(out.String(), "\x1b[J")
		if len(frames) < 4 || len(frames) > 7 { // 44 events in 440 ms
			t.Errorf("%d frames were drawn", len(frames))
		}
		last := frames[len(frames)-1]
		for _, want := range []string{"\n<working>working  w1 ", "\n<down>down     w2 ", "step 41 of at most 100"} {
			if !strings.Contains(last, want) {
				t.Errorf("the last frame lacks %q:\n%s", want, last)
			}
		}
		lines := strings.Count(frames[len(frames)-2], "\n")
		if up := fmt.Sprintf("\x1b[%dA", lines); !strings.HasSuffix(frames[len(frames)-2], up) {
			t.Errorf("a frame of %d lines is not followed by %q:\n%q", lines, up, frames[len(frames)-2])
		}
	})
	var out bytes.Buffer
	s := NewScreen(&out, func() Size { return Size{80, 24} }, func(_, text string) string { return text })
	ended := false
	for _, e := range bagging() {
		ended = s.Add(e)
	}
	if !ended || !strings.Contains(out.String(), "fitted after 2.3s") {
		t.Errorf("at the end: %t, %s", ended, &out)
	}
}

// A fit that another program goes on with is one fit: what is known of it stays, the clock goes on, and no second frame is begun.
func TestAFitThatAnotherProgramGoesOnWith(t *testing.T) {
	all := server()
	again := envelopes(api.FitStartedEvent{FitID: "p", Workers: []string{"w1", "w2"}, Master: "parameter-server", Started: noon, Resumed: true})[0]
	var out bytes.Buffer
	s, lines := NewScreen(&out, func() Size { return Size{80, 24} }, func(_, text string) string { return text }), Lines{}
	for _, e := range all {
		s.Add(e)
		lines.Add(e)
	}
	s.drawn = 7
	losses, at := len(s.view.losses), lines.at
	s.Add(again)
	if got := lines.Add(again); len(got) != 1 || !strings.HasPrefix(got[0], fmt.Sprintf("%9.3fs  fit p", at)) || at == 0 {
		t.Errorf("after %vs: %q", at, got)
	}
	if s.drawn != 7 || len(s.view.losses) != losses || losses == 0 || s.view.state != running || !s.view.resumed {
		t.Errorf("%d lines are drawn over; %d losses of %d; %s", s.drawn, len(s.view.losses), losses, s.view.state)
	}
	again.Event = api.FitStartedEvent{FitID: "q", Resumed: true}
	if s.Add(again); s.drawn != 0 || len(s.view.losses) != 0 {
		t.Error("another fit is not begun anew")
	}
}

// Events pass as far apart as they happened, or faster, and nobody waits when the command is interrupted.
func TestPace(t *testing.T) {
	for speed, want := range map[float64]time.Duration{1: 10 * time.Second, 4: 2500 * time.Millisecond, 0: 0, 0.5: 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			p, start := Pace{Speed: speed}, time.Now()
			for _, second := range []int{0, 4, 4, 3, 9} { // one is out of order: 4, 0, 0 and 6 seconds
				if err := p.Wait(t.Context(), noon.Add(time.Duration(second)*time.Second)); err != nil {
					t.Fatal(err)
				}
			}
			p.Skip()
			if err := p.Wait(t.Context(), noon.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(start); got != want {
				t.Errorf("at speed %v it took %v, want %v", speed, got, want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := Pace{Speed: 1}
	if err := p.Wait(ctx, noon); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	if err := p.Wait(ctx, noon.Add(time.Hour)); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

func TestClock(t *testing.T) {
	var c Clock
	late := noon.Add(time.Hour)
	for _, e := range []struct {
		event api.Event
		want  time.Time
	}{
		{api.StepEvent{At: 2}, late}, {api.FitStartedEvent{Started: noon}, noon}, {api.WorkerBeganEvent{At: 1}, noon.Add(time.Second)},
		{api.WorkerFittedEvent{AnsweredAt: 1.5}, noon.Add(1500 * time.Millisecond)}, {api.StepEvent{At: 2}, noon.Add(2 * time.Second)},
		{api.FitCommittedEvent{}, late},
		{api.FitStartedEvent{}, late}, {api.StepEvent{At: 2}, late}, // of an older master
	} {
		if got := c.Time(e.event, late); !got.Equal(e.want) {
			t.Errorf("%+v is of %v, want %v", e.event, got, e.want)
		}
	}
}

// A step whose loss is not known is told without one.
func TestNoLoss(t *testing.T) {
	known, unknown := api.StepEvent{Step: 2, MaxIter: 9, Loss: new(0.5)}, api.StepEvent{Step: 3, MaxIter: 9}
	var v View
	for _, e := range []api.Event{api.FitStartedEvent{FitID: "1"}, known, unknown} {
		v.Add(api.Envelope{Kind: e.Kind(), Event: e})
	}
	if len(v.losses) != 1 || v.losses[0] != 0.5 || !strings.HasSuffix(v.progress(), "step 3 of at most 9") {
		t.Errorf("losses %v, %q", v.losses, v.progress())
	}
	if got, want := stepText(&known)+"; "+stepText(&unknown), "step 2 of at most 9, loss 0.5; step 3 of at most 9"; got != want {
		t.Errorf("told: %s, want %s", got, want)
	}
}

// A worker that joins is in view from then on, and one that has left is not taken for one that is missing.
func TestWorkersJoinAndLeave(t *testing.T) {
	var v View
	for _, e := range []api.Event{
		api.FitStartedEvent{FitID: "1", Workers: []string{"a", "b"}, Master: "parameter-server"},
		api.WorkerBeganEvent{FitID: "1", Worker: "a", Rows: 3}, api.WorkerBeganEvent{FitID: "1", Worker: "b", Rows: 4},
		api.WorkerLeftEvent{FitID: "1", Worker: "b", Step: 2, Rows: 4},
		api.WorkerJoinedEvent{FitID: "1", Worker: "c", Step: 2, Rows: 5},
		api.WorkerLeftEvent{Worker: "a"}, // of the project
		api.StepEvent{FitID: "1", Step: 2, Parts: []api.WorkerStep{{Worker: "a"}, {Worker: "b", Missed: "it has left"}, {Worker: "c"}}},
	} {
		v.Add(api.Envelope{Kind: e.Kind(), Event: e})
	}
	got := map[string]string{}
	for _, w := range v.workers {
		got[w.name] = fmt.Sprintf("%s, %d rows", w.state, w.rows)
	}
	want := map[string]string{"a": "working, 3 rows", "b": "left, 4 rows", "c": "working, 5 rows"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if text := strings.Join(v.notices, "\n"); text != "b has left: from step 2 on, its 4 rows are missing\nc joins at step 2, with 5 rows\na has left" {
		t.Errorf("told: %s", text)
	}
}
