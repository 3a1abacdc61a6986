package master_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/internal/mastertest"
)

// TestPredictBesideAFit: a stage that died during a refit, and is back, is given its part of the network
// in service at once, so that the network predicts while the fit waits; then the fit goes on to the same
// bits.
func TestPredictBesideAFit(t *testing.T) {
	t.Parallel()
	d := rings(60)
	goOn, restarted := make(chan struct{}), make(chan struct{})
	var dead atomic.Bool
	l := line{learner: "mlp-classifier", params: everything, settings: brief + ", checkpoint_every: 1",
		wrap: map[int]func(http.Handler) http.Handler{1: func(stage http.Handler) http.Handler {
			again := dead.Load()
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if again && r.URL.Path == pipeline.PathBegin {
					<-goOn // the fit cannot continue yet
				}
				stage.ServeHTTP(w, r)
			})
		}}}
	c := l.stages(t, 3, d)
	first := c.Fit()
	before := c.predict(d)
	parameters := c.stored()
	wait := c.dyingWhile(1, pipeline.PathStep, 8, func() { dead.Store(true); close(restarted) })
	// the stage that dies is another program than the one before: it must first get its part
	c.Server.WorkerExited("s2", "restarted by the test")
	mastertest.Event(c.Cluster, func(e api.WorkerCaughtUpEvent) bool { return e.Worker == "s2" })
	mastertest.Event(c.Cluster, func(e api.WorkerUpEvent) bool { return e.Worker == "s2" })

	done := make(chan api.FitResponse, 1)
	go func() { done <- c.Fit() }()
	<-restarted
	events, stop := c.Server.Events() // of this fit
	defer stop()
	for e := range events {
		if up, is := e.Event.(api.WorkerCaughtUpEvent); is && up.Worker == "s2" {
			if up.FitID != first.FitID {
				t.Errorf("it was caught up with fit %s, want %s", up.FitID, first.FitID)
			}
			break
		}
	}
	during := c.predict(d)
	if during.FitID != first.FitID || !slices.Equal(during.Proba.RawMatrix().Data, before.Proba.RawMatrix().Data) {
		t.Errorf("fit %s predicts otherwise than before, with fit %s", during.FitID, first.FitID)
	}
	close(goOn)
	second := <-done
	wait()
	if len(second.Pipeline.Recoveries) != 1 || !slices.Equal(second.Training.Loss, first.Training.Loss) || !slices.Equal(c.stored(), parameters) {
		t.Errorf("recoveries %+v; losses\n%v\n%v", second.Pipeline.Recoveries, second.Training.Loss, first.Training.Loss)
	}
	if after := c.predict(d); after.FitID != second.FitID {
		t.Errorf("fit %s predicts, want %s", after.FitID, second.FitID)
	}
}

// pauses keeps the pauses between tries.
type pauses struct {
	mu  sync.Mutex
	all []time.Duration
}

func (p *pauses) add(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, d)
}

// breaking is a stage whose connection breaks in the middle of the answer to a step, from the nth on and as
// often as told.
func breaking(nth, times int32) func(http.Handler) http.Handler {
	var steps, broken atomic.Int32
	return func(stage http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == pipeline.PathStep && steps.Add(1) >= nth && broken.Add(1) <= times {
				w.Header().Set("Content-Length", "100")
				w.WriteHeader(http.StatusOK)
				_ = http.NewResponseController(w).Flush() // an answer that has begun is not asked for again
				panic(http.ErrAbortHandler)
			}
			stage.ServeHTTP(w, r)
		})
	}
}

// TestFlakyLink: a link that breaks again and again at the same step costs one recovery, whose tries
// are made with growing pauses; one that does not hold again ends the fit when the time is up.
func TestFlakyLink(t *testing.T) {
	t.Parallel()
	d := rings(60)
	settings := brief + ", checkpoint_every: 2, max_recoveries: 1"
	want := line{learner: "mlp-classifier", params: everything, settings: settings}.stages(t, 2, d).Fit()
	seconds := func(list ...int) (all []time.Duration) {
		for _, s := range list {
			all = append(all, time.Duration(s)*time.Second)
		}
		return all
	}
	for _, tt := range []struct {
		name   string
		times  int32
		pauses []time.Duration
		fails  string
	}{
		{"once", 1, nil, ""},
		{"six times", 6, seconds(1, 2, 4, 8, 10), ""},
		{"always", 1 << 30, seconds(1, 2, 4, 8, 10, 10, 10, 10), "The fit did not get any further within 1m0s (pipeline.recovery_timeout)."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p pauses
			c := line{learner: "mlp-classifier", params: everything, settings: settings, pauses: p.add,
				wrap: map[int]func(http.Handler) http.Handler{1: breaking(8, tt.times)}}.stages(t, 2, d)
			if tt.fails != "" {
				if got := c.Problem(api.PathsOf("pipeline").Fit, "", http.StatusBadGateway); !strings.Contains(got.Detail, tt.fails) ||
					len(got.Workers) != 1 || got.Workers[0].Worker != "s2" {
					t.Errorf("got %+v, want s2 and %q", got, tt.fails)
				}
			} else if got := c.Fit(); !slices.Equal(got.Training.Loss, want.Training.Loss) || len(got.Pipeline.Recoveries) != 1 ||
				got.Pipeline.Recoveries[0].Step != 8 || got.Pipeline.Recoveries[0].From != 7 {
				t.Errorf("recoveries %+v; losses\n%v\n%v", got.Pipeline.Recoveries, got.Training.Loss, want.Training.Loss)
			}
			if !slices.Equal(p.all, tt.pauses) {
				t.Errorf("pauses %v, want %v", p.all, tt.pauses)
			}
		})
	}
}

// TestCancelDuringAPause: a fit that is cancelled between two tries of a recovery ends at once.
func TestCancelDuringAPause(t *testing.T) {
	t.Parallel()
	d := rings(60)
	var c *cluster
	c = line{learner: "mlp-classifier", params: everything, settings: brief,
		pauses: func(time.Duration) {
			if status, body := c.Send(http.MethodDelete, api.PathFit, "", ""); status != http.StatusAccepted {
				t.Errorf("cancel: status %d: %s", status, body)
			}
		},
		wrap: map[int]func(http.Handler) http.Handler{1: breaking(8, 1<<30)}}.stages(t, 2, d)
	if p := c.Problem(api.PathsOf("pipeline").Fit, "", http.StatusConflict); p.Code != api.CodeFitCancelled {
		t.Errorf("got %+v", p)
	}
}

// TestDamageOnTheWire: what arrives damaged, at a stage or from it, is like a lost connection: the fit
// recovers, and ends with the same bits.
func TestDamageOnTheWire(t *testing.T) {
	t.Parallel()
	d := rings(60)
	settings := brief + ", checkpoint_every: 2"
	want := line{learner: "mlp-classifier", params: everything, settings: settings}.stages(t, 3, d).Fit()
	for _, tt := range []struct {
		path       string
		from, to   int32 // the requests to that path that are damaged, or their answers: more than one, since a call may be repeated
		answer     bool
		recoveries int
	}{
		{pipeline.PathBegin, 1, 3, false, 1},
		{pipeline.PathBegin, 1, 3, true, 1},
		{pipeline.PathStep, 8, 10, false, 1},
		{pipeline.PathStep, 8, 10, true, 1},
		{pipeline.PathMicroBatch, 8, 10, false, 1},
		{pipeline.PathMicroBatch, 8, 8, true, 0}, // whose answer says nothing but that it came
		{pipeline.PathFinish, 1, 3, true, 1},
	} {
		t.Run(fmt.Sprintf("%s, answer %v", tt.path, tt.answer), func(t *testing.T) {
			var asked atomic.Int32
			damaging := func(stage http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					n := int32(0)
					if r.URL.Path == tt.path {
						n = asked.Add(1)
					}
					switch {
					case n < tt.from || n > tt.to:
					case tt.answer:
						w = &damager{w}
					default:
						body, err := io.ReadAll(r.Body)
						if err != nil {
							t.Error(err)
						}
						body[len(body)-9] ^= 1
						r.Body = io.NopCloser(bytes.NewReader(body))
					}
					stage.ServeHTTP(w, r)
				})
			}
			c := line{learner: "mlp-classifier", params: everything, settings: settings, pauses: func(time.Duration) {},
				wrap: map[int]func(http.Handler) http.Handler{1: damaging}}.stages(t, 3, d)
			got := c.Fit()
			if !slices.Equal(got.Training.Loss, want.Training.Loss) {
				t.Errorf("losses\n%v\n%v", got.Training.Loss, want.Training.Loss)
			}
			if r := got.Pipeline.Recoveries; len(r) != tt.recoveries {
				t.Errorf("recoveries %+v, want %d", r, tt.recoveries)
			}
			c.Stop()
		})
	}
}

// damager damages the first byte of each piece of an answer.
type damager struct{ http.ResponseWriter }

func (d *damager) Write(b []byte) (int, error) {
	b = slices.Clone(b)
	if len(b) > 0 {
		b[0] ^= 1
	}
	return d.ResponseWriter.Write(b)
}

// TestFitAwaitsAStage: a fit that begins while a stage is being restarted waits for it, but not for one
// that cannot come.
func TestFitAwaitsAStage(t *testing.T) {
	t.Parallel()
	d := rings(60)
	l := line{learner: "mlp-classifier", params: everything, settings: brief}
	t.Run("restarted", func(t *testing.T) {
		c := l.stages(t, 2, d)
		w := c.Workers[1]
		stage := w.Make()
		var asked atomic.Int32
		w.Kill()
		w.Make = func() http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if r.URL.Path == api.PathReady && asked.Add(1) < 3 {
					rw.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				stage.ServeHTTP(rw, r)
			})
		}
		w.Start(t)
		c.Fit()
	})
	t.Run("gone", func(t *testing.T) {
		l.noRestart, l.settings = true, brief+", recovery_timeout: 24h"
		c := l.stages(t, 2, d)
		c.Workers[1].Kill()
		p := c.Problem(api.PathsOf("pipeline").Fit, "", http.StatusBadGateway)
		if len(p.Workers) != 1 || p.Workers[0].Worker != "s2" || !strings.Contains(p.Detail, "nobody starts it again") {
			t.Errorf("got %+v", p)
		}
	})
}

// TestStageThatCannotComeBack: a fit does not wait for a stage that nobody restarts, or that its
// launcher has given up, and says why.
func TestStageThatCannotComeBack(t *testing.T) {
	t.Parallel()
	d := rings(60)
	for name, says := range map[string]string{"nobody restarts it": "nobody starts it again", "given up": "it was started again 10 times"} {
		t.Run(name, func(t *testing.T) {
			c := line{learner: "mlp-classifier", params: everything, settings: brief + ", recovery_timeout: 24h",
				noRestart: says == "nobody starts it again"}.stages(t, 3, d)
			w := c.Workers[1]
			stage := w.Make()
			var steps atomic.Int32
			w.Kill()
			w.Make = func() http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if r.URL.Path == pipeline.PathStep && steps.Add(1) == 8 {
						go func() {
							w.Kill()
							if says != "nobody starts it again" {
								c.Server.WorkerLeft(w.Name, says)
							}
						}()
						panic(http.ErrAbortHandler)
					}
					stage.ServeHTTP(rw, r)
				})
			}
			w.Start(t)
			p := c.Problem(api.PathsOf("pipeline").Fit, "", http.StatusBadGateway)
			if len(p.Workers) != 1 || p.Workers[0].Worker != "s2" || !strings.Contains(p.Workers[0].Reason, "it is not back: ") ||
				!strings.Contains(p.Detail, says) {
				t.Errorf("got %+v, want s2 and %q", p, says)
			}
		})
	}
}
