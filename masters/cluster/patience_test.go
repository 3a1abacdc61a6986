package cluster

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/pipes"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// What the workers of these tests do: they work for a time, and then answer. Ask is to be answered soon.
type (
	task struct {
		Name string `json:"name,omitzero"`
	}
	done struct {
		Worker string `json:"worker"`
	}
)

var (
	workLong = endpoint.Post[task, done]("/v1/chimera/work", "Work").Slow()
	workSoon = endpoint.Post[task, done]("/v1/chimera/work", "Work")
)

// pooled is a cluster of workers of this module in a network in memory, for tests in a bubble.
type pooled struct {
	*Cluster
	network pipes.Network
	ends    []func()
}

// pool makes a cluster with a timeout of 100 s, and late_after 2 s.
func pool(workers map[string]http.Handler, change func(*config.Endpoints)) *pooled {
	p := &pooled{}
	e := config.Endpoints{Timeout: config.Duration(100 * time.Second), LateAfter: config.Duration(2 * time.Second)}
	if change != nil {
		change(&e)
	}
	c := &Cluster{Log: slog.New(slog.DiscardHandler), setup: Setup{Config: &config.Config{Endpoints: e}}, broker: newBroker()}
	c.client = transport.NewOver(1<<20, p.network.Dial)
	c.tender = newTender(c, len(workers))
	for _, name := range []string{"w1", "w2", "w3"} {
		if handler, is := workers[name]; is {
			c.Members = append(c.Members, newMember(len(c.Members), Endpoint{Name: name, URL: "http://" + name}))
			p.ends = append(p.ends, p.network.Serve(name, handler))
		}
	}
	p.Cluster = c
	return p
}

// end ends the cluster, and returns which members were marked down.
func (p *pooled) end() (down []string) {
	p.client.Close()
	for _, end := range p.ends {
		end()
	}
	for _, m := range p.Members {
		if _, is := m.Unavailable(); is {
			down = append(down, m.Name)
		}
	}
	return down
}

// working is a worker of this module whose work takes a time.
func working(t *testing.T, name string, takes time.Duration) http.Handler {
	t.Helper()
	n, err := node.New(node.Spec{Name: name, Role: "worker"}, registry.Info{}, nil, node.Options{}, "Works.")
	if err != nil {
		t.Fatal(err)
	}
	node.Handle(n, workLong, node.Plain(func(ctx context.Context, _ task) (done, error) {
		return done{name}, transport.Sleep(ctx, takes)
	}))
	return n
}

// frozen is a worker that takes every request and does nothing more, as after SIGSTOP or with the network gone.
func frozen() http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the end of the connection is noticed after the body
		<-r.Context().Done()
	})
}

// A worker that works is waited for, however long it takes; one that shows no sign of life is given up after the
// timeout, as is one that does not answer in time what is to be answered soon, or a worker of the Python package.
func TestSilenceIsBounded(t *testing.T) {
	for _, tt := range []struct {
		name    string
		message *Message[task, done]
		worker  func(t *testing.T) http.Handler
		python  bool
		takes   time.Duration
		fails   string // empty: it answers
	}{
		{name: "works for a day", message: NewMessage(workLong), takes: 24 * time.Hour, worker: func(t *testing.T) http.Handler {
			t.Helper()
			return working(t, "w1", 24*time.Hour)
		}},
		{name: "is frozen", message: NewMessage(workLong), takes: 100 * time.Second, fails: "no sign of life for 1m40s (endpoints.timeout)",
			worker: func(*testing.T) http.Handler { return frozen() }},
		{name: "is asked for something short", message: NewMessage(workSoon), takes: 100 * time.Second, fails: "no answer in time",
			worker: func(t *testing.T) http.Handler {
				t.Helper()
				return working(t, "w1", time.Hour)
			}},
		{name: "is late for a step that goes on without it", message: &Message[task, done]{Bounded: true, endpoint: workLong}, takes: 100 * time.Second,
			fails: "no answer in time", worker: func(t *testing.T) http.Handler {
				t.Helper()
				return working(t, "w1", time.Hour)
			}},
		{name: "is of the Python package", message: NewMessage(workLong), python: true, takes: 100 * time.Second, fails: "no answer in time",
			worker: func(*testing.T) http.Handler { return frozen() }},
		{name: "freezes after an hour", message: NewMessage(workLong), takes: time.Hour + 100*time.Second, fails: "no sign of life",
			worker: func(*testing.T) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					for range 360 {
						time.Sleep(10 * time.Second)
						w.WriteHeader(http.StatusProcessing)
					}
					<-r.Context().Done()
				})
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := pool(map[string]http.Handler{"w1": tt.worker(t)}, nil)
				p.Members[0].setPython(tt.python)
				if err := tt.message.Encode(task{}); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				r := Send(t.Context(), p.Cluster, p.Members[0], tt.message, nil)
				took := time.Since(start)
				down := p.end()
				if tt.fails == "" {
					if r.Err != nil || r.Value.Worker != "w1" || down != nil {
						t.Errorf("after %v: %+v, down: %v", took, r, down)
					}
				} else if r.Err == nil || !strings.Contains(r.Err.Error(), tt.fails) || !errors.Is(r.Err, transport.ErrTimeout) || len(down) != 1 {
					t.Errorf("after %v: %v, down: %v; want an error that says %q", took, r.Err, down, tt.fails)
				}
				if took != tt.takes {
					t.Errorf("it took %v, want %v", took, tt.takes)
				}
			})
		})
	}
}

// Once the quorum has answered a prediction, who shows no sign of life is late and marked down; who works is waited
// for. Without the quorum, nobody is late before the timeout. A prediction's own time bounds everybody's.
func TestLateMembers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		third  func(t *testing.T) http.Handler
		quorum int
		within time.Duration // predict_timeout
		python bool
		takes  time.Duration
		fails  string // the reason of w3; empty: it answers
	}{
		{name: "frozen", third: stopped, quorum: 2, takes: 2 * time.Second, fails: "no sign of life for 2s (endpoints.late_after"},
		{name: "frozen, and needed", third: stopped, quorum: 3, takes: 100 * time.Second, fails: "(endpoints.timeout)"},
		{name: "slow", third: slow, quorum: 1, takes: 30 * time.Second},
		{name: "of the Python package", third: slow, quorum: 1, python: true, takes: 30 * time.Second},
		{name: "slow, within a time", third: slow, quorum: 1, within: 10 * time.Second, takes: 10 * time.Second,
			fails: "time of 10s is up (endpoints.predict_timeout)"},
		{name: "very slow, within a long time", third: verySlow, quorum: 1, within: time.Hour, takes: 1000 * time.Second},
		{name: "very slow", third: verySlow, quorum: 1, takes: 100 * time.Second, fails: "no answer in time"},
		{name: "frozen, within a long time", third: stopped, quorum: 3, within: time.Hour, takes: 100 * time.Second,
			fails: "(endpoints.timeout)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{1, 2 * smallBody} {
				synctest.Test(t, func(t *testing.T) {
					p := pool(map[string]http.Handler{"w1": working(t, "w1", 0), "w2": working(t, "w2", time.Millisecond), "w3": tt.third(t)}, nil)
					p.Members[2].setPython(tt.python)
					message, tally := NewMessage(workSoon), p.NewTally(tt.quorum)
					if err := message.Encode(task{strings.Repeat("x", size)}); err != nil {
						t.Fatal(err)
					}
					ctx := t.Context()
					if tt.within > 0 {
						ctx = withBudget(ctx, tt.within)
					}
					start, replies := time.Now(), make([]Reply[done], 3)
					Gather(ctx, p.Cluster, p.Members, message, tally, func(i int, r Reply[done]) {
						if replies[i] = r; r.Err == nil {
							tally.Good()
						}
					})
					took := time.Since(start).Truncate(time.Second) // w2 takes a millisecond
					down := p.end()
					if replies[0].Err != nil || replies[1].Err != nil || replies[1].Value.Worker != "w2" {
						t.Errorf("the others: %+v", replies)
					}
					err := replies[2].Err
					switch {
					case tt.fails == "" && (err != nil || down != nil):
						t.Errorf("%v, down: %v", err, down)
					case tt.fails == "":
					case err == nil || !strings.Contains(err.Error(), tt.fails) || len(down) != 1 || p.Members[2].Failure(err).Code != api.CodeWorkersTimeout:
						t.Errorf("got %v, down: %v; want an error that says %q", err, down, tt.fails)
					}
					if took != tt.takes {
						t.Errorf("it took %v, want %v", took, tt.takes)
					}
				})
			}
		})
	}
}

func stopped(*testing.T) http.Handler { return frozen() }

func slow(t *testing.T) http.Handler {
	t.Helper()
	return working(t, "w3", 30*time.Second)
}

func verySlow(t *testing.T) http.Handler {
	t.Helper()
	return working(t, "w3", 1000*time.Second)
}

// A link that is down for two seconds does not use up four retries; a member that its launcher leaves alone is not
// tried again; a cancelled call ends at once.
func TestRetriesPause(t *testing.T) {
	retries := func(e *config.Endpoints) { e.MaxRetries = 4 }
	breaks := func(until time.Duration, tries *atomic.Int32, worker http.Handler) http.Handler {
		start := time.Now()
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if tries.Add(1); time.Since(start) < until {
				panic(http.ErrAbortHandler)
			}
			worker.ServeHTTP(w, r)
		})
	}
	t.Run("a flaky link", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var tries atomic.Int32
			p := pool(map[string]http.Handler{"w1": breaks(2*time.Second, &tries, working(t, "w1", 0))}, retries)
			answer, err := Call(t.Context(), p.Cluster, p.Members[0], workSoon, task{})
			if down := p.end(); err != nil || answer.Worker != "w1" || down != nil {
				t.Errorf("%v, %v after %d tries, down: %v", answer, err, tries.Load(), down)
			}
		})
	})
	t.Run("its launcher leaves it alone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var tries atomic.Int32
			p := pool(map[string]http.Handler{"w1": breaks(time.Hour, &tries, working(t, "w1", 0))}, retries)
			start := time.Now()
			time.AfterFunc(300*time.Millisecond, func() { p.Leave(p.Members[0], "it ended with exit status 3") })
			_, err := Call(t.Context(), p.Cluster, p.Members[0], workSoon, task{})
			if p.end(); err == nil || time.Since(start) != 300*time.Millisecond {
				t.Errorf("%v after %v and %d tries", err, time.Since(start), tries.Load())
			}
		})
	})
	t.Run("cancelled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var tries atomic.Int32
			p := pool(map[string]http.Handler{"w1": breaks(time.Hour, &tries, working(t, "w1", 0))}, retries)
			because := errors.New("because")
			ctx, cancel := context.WithCancelCause(t.Context())
			start := time.Now()
			time.AfterFunc(time.Second, func() { cancel(because) })
			_, err := Call(ctx, p.Cluster, p.Members[0], workSoon, task{})
			if down := p.end(); !errors.Is(err, because) || time.Since(start) != time.Second || down != nil {
				t.Errorf("%v after %v, down: %v", err, time.Since(start), down)
			}
		})
	})
	t.Run("past the prediction's time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var tries atomic.Int32
			p := pool(map[string]http.Handler{"w1": breaks(time.Hour, &tries, working(t, "w1", 0))}, retries)
			start := time.Now()
			_, err := Call(withBudget(t.Context(), time.Second), p.Cluster, p.Members[0], workSoon, task{})
			if p.end(); err == nil || time.Since(start) > time.Second || tries.Load() < 2 {
				t.Errorf("%v after %v and %d tries", err, time.Since(start), tries.Load())
			}
		})
	})
}
