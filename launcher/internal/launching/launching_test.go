package launching

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/launcher"
)

// trial is a launch of two workers, and what is seen of it.
type trial struct {
	*Launching
	fleet  *launcher.FleetBase
	events []launcher.Event
	output strings.Builder
	halted int
}

func begin(ctx context.Context, t *testing.T) *trial {
	t.Helper()
	l := &trial{}
	plan := launcher.Plan{
		Project: "p", Workers: []launcher.Worker{{Name: "tree1", Port: 8001}, {Name: "tree2"}}, Output: &l.output, Log: slog.New(slog.DiscardHandler),
		Restart: launcher.RestartNever, ReadyTimeout: time.Minute, Observe: func(e launcher.Event) { l.events = append(l.events, e) },
	}
	l.fleet = launcher.NewFleet(2, launcher.FleetParts{Halt: func(context.Context) error {
		l.halted++
		return l.CloseLogs()
	}})
	l.Launching = New(ctx, plan, l.fleet)
	return l
}

// steps have nothing to share; each worker is started by start.
func (l *trial) steps(start func(context.Context, *Member) error) Steps {
	return Steps{
		Share:    func(context.Context) error { return nil },
		Start:    func(ctx context.Context, i int) error { return start(ctx, l.Members[i]) },
		Endpoint: func(i int) launcher.Endpoint { return launcher.Endpoint{Name: l.Members[i].Worker.Name} },
	}
}

func hang(ctx context.Context, _ *Member) error {
	<-ctx.Done()
	return ctx.Err()
}

func say(t *testing.T, l *trial, m *Member, line string) {
	t.Helper()
	if _, err := l.Output(m).Write([]byte(line + "\n")); err != nil {
		t.Fatal(err)
	}
}

// The first reason for which a launch ends is its error, whatever the calls say that this breaks off, and nothing is left of it.
func TestLaunchFails(t *testing.T) {
	exit := launcher.Exit{Worker: "tree1", Code: 1}
	nowhere := errors.New("no node takes it")
	for name, c := range map[string]struct {
		happens func(t *testing.T, l *trial)
		is      func(err error) bool
		says    string
	}{
		"a worker ends": {func(_ *testing.T, l *trial) { l.Ended(l.Members[0], exit, nil) },
			func(err error) bool {
				e := new(launcher.ExitError)
				return errors.As(err, &e) && e.Port == 8001
			}, "worker tree1 (port 8001) was not ready yet and ended with exit status 1"},
		"a worker ends, for a reason that is known": {func(_ *testing.T, l *trial) { l.Ended(l.Members[0], exit, nowhere) },
			func(err error) bool { return errors.Is(err, nowhere) }, "launch: no node takes it"},
		"a worker refuses its data": {func(t *testing.T, l *trial) {
			t.Helper()
			say(t, l, l.Members[1], handshake.Refusal("y.csv:3:1: a"))
		},
			func(err error) bool { return errors.As(err, new(*launcher.DataError)) }, "launch: worker tree2: y.csv:3:1: a"},
		"a worker announces itself in a way of later": {
			func(t *testing.T, l *trial) {
				t.Helper()
				say(t, l, l.Members[0], "CHIMERA-WORKER-LISTENING http://h:80 protocol=9.0")
			},
			func(err error) bool { return errors.As(err, new(*handshake.VersionError)) }, "launch: worker tree1: its handshake has version 9.0"},
		"two reasons": {func(_ *testing.T, l *trial) {
			l.Fail(nowhere)
			l.Ended(l.Members[0], exit, nil)
		}, func(err error) bool { return errors.Is(err, nowhere) }, "launch: no node takes it"},
	} {
		t.Run(name, func(t *testing.T) {
			l := begin(t.Context(), t)
			err := l.BringUp(l.steps(func(ctx context.Context, m *Member) error {
				if m.Index == 0 {
					c.happens(t, l)
				}
				return hang(ctx, m)
			}))
			if err == nil || !c.is(err) || !strings.HasPrefix(err.Error(), "launch: ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %q", err, c.says)
			}
			if l.halted != 1 || l.Up() || l.Running() {
				t.Errorf("halted %d times, up: %t", l.halted, l.Up())
			}
			if e, open := <-l.fleet.Exits(); open {
				t.Errorf("the end of a worker of a launch that failed is delivered too: %v", e)
			}
		})
	}
}

// A launch that its caller gives up says so, also if workers end by that; one that cannot make what workers share starts none, and one that
// panics leaves nothing either.
func TestLaunchIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := begin(ctx, t)
	err := l.BringUp(l.steps(func(ctx context.Context, m *Member) error {
		cancel()
		<-ctx.Done()
		l.Ended(m, launcher.Exit{Worker: m.Worker.Name, Code: 1}, nil)
		return ctx.Err()
	}))
	if !errors.Is(err, context.Canceled) || l.halted != 1 {
		t.Errorf("error %v, halted %d times", err, l.halted)
	}

	l = begin(t.Context(), t)
	steps, full := l.steps(func(context.Context, *Member) error {
		t.Error("a worker was started")
		return nil
	}), errors.New("no addresses are left")
	steps.Share = func(context.Context) error { return full }
	if err := l.BringUp(steps); !errors.Is(err, full) || l.halted != 1 {
		t.Errorf("error %v, halted %d times", err, l.halted)
	}

	l = begin(t.Context(), t)
	steps.Share = func(context.Context) error { panic("a mistake") }
	func() {
		defer func() {
			if recover() == nil || l.halted != 1 {
				t.Errorf("after a panic it was halted %d times", l.halted)
			}
		}()
		_ = l.BringUp(steps)
	}()
}

// What ends once all are up goes to the fleet's exits; what is not started again is said to be left. A fleet that is being stopped reports neither.
func TestLaunchSucceeds(t *testing.T) {
	l := begin(t.Context(), t)
	if err := l.BringUp(l.steps(func(context.Context, *Member) error { return nil })); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]launcher.Endpoint{{Name: "tree1"}, {Name: "tree2"}}, l.fleet.Endpoints()); d != "" {
		t.Error(d)
	}
	if l.Fail(errors.New("too late")) || !l.Running() || l.halted != 0 {
		t.Errorf("running: %t, halted %d times", l.Running(), l.halted)
	}
	m := l.Members[0]
	m.Log.Err("out of luck")
	exit := m.Ended(128 + 15)
	if want := (launcher.Exit{Worker: "tree1", Code: 143, Signal: "terminated", LastWords: "out of luck"}); exit != want {
		t.Errorf("it ended as %+v, want %+v", exit, want)
	}
	if other := m.Ended(-1); other.Signal != "" || other.Code != -1 {
		t.Errorf("an end that nobody knows is %+v", other)
	}
	l.Ended(m, exit, errors.New("of the launch"))
	l.Left(m, exit)
	l.Again(m)
	if got := <-l.fleet.Exits(); got != exit {
		t.Errorf("delivered is %+v", got)
	}
	if err := l.fleet.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	l.Ended(m, exit, nil)
	l.Left(m, exit)
	if e, open := <-l.fleet.Exits(); open {
		t.Errorf("delivered after Stop: %v", e)
	}
	var kinds []launcher.EventKind
	for _, e := range l.events {
		kinds = append(kinds, e.Kind)
	}
	if d := cmp.Diff([]launcher.EventKind{launcher.Down, launcher.Again}, kinds); d != "" {
		t.Error(d)
	}
	if err := l.events[0].Err; err == nil || !strings.Contains(err.Error(), "(restart: no)") {
		t.Errorf("it is down because of %v", err)
	}
}

// Few workers are made at the same time.
func TestMakesFewAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := begin(t.Context(), t)
		ctx, cancel := context.WithCancel(t.Context())
		made, tries := 0, atOnce+3
		ended := make(chan error, tries)
		for range tries {
			go func() {
				ended <- l.Make(ctx, &Member{}, func(ctx context.Context) error {
					made++
					<-ctx.Done()
					return ctx.Err()
				})
			}()
			synctest.Wait()
		}
		if made != atOnce {
			t.Errorf("%d are being made, want %d", made, atOnce)
		}
		cancel()
		for range tries {
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	})
}

// An announcement that does not come is asked for again and again, and in the end done without.
func TestAnnouncement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, start := NewAnnouncement(), time.Now()
		if err := a.Await(t.Context(), 10*time.Second); err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		select {
		case <-a.Again():
		default:
			t.Error("nobody asked for the log to be followed anew")
		}
		select {
		case <-a.Came():
			t.Error("it has come")
		default:
		}

		start = time.Now()
		go func() {
			<-a.Again() // the reading that begins then finds it
			a.come()
		}()
		if err := a.Await(t.Context(), time.Hour); err != nil || time.Since(start) != followAgain {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		a.come() // a worker that is started again
		<-a.Came()

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := NewAnnouncement().Await(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("a launch that is given up: %v", err)
		}
	})
}

// The end of a worker that was asked to leave is told to who has asked, and to nobody else; when it has been started again, its end is
// reported as any other.
func TestAWorkerLeavesAndReturns(t *testing.T) {
	l := begin(t.Context(), t)
	if err := l.BringUp(l.steps(func(context.Context, *Member) error { return nil })); err != nil {
		t.Fatal(err)
	}
	m := l.Members[0]
	exit := m.Ended(128 + 15)
	ended := m.Leaves()
	select {
	case <-ended:
		t.Error("it has ended before it has")
	default:
	}
	l.Ended(m, exit, nil)
	<-ended
	l.Ended(m, exit, nil) // told twice
	if !m.IsAway() || l.Members[1].IsAway() {
		t.Errorf("away: %t, the other: %t", m.IsAway(), l.Members[1].IsAway())
	}
	m.Returns()
	other := m.Ended(1)
	l.Ended(m, other, nil)
	if got := <-l.fleet.Exits(); got != other || m.IsAway() {
		t.Errorf("delivered is %+v, away: %t", got, m.IsAway())
	}
	if err := l.fleet.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
