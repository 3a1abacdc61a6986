package launching

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/gochimera/chimera/internal/lines"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/workerlog"
)

// KilledCode is the exit status of a container that SIGKILL ended.
const KilledCode = 128 + 9

// Member is one worker of a launch. Its URL is set before Await.
type Member struct {
	Worker       launcher.Worker
	Index        int // in the plan
	URL          string
	Log          *workerlog.Log
	Announcement *Announcement

	start time.Time

	mu   sync.Mutex
	away chan struct{} // of a worker that was asked to leave: closed when it has ended; nil of one that was not
}

// Leaves notes that the worker is asked to end, and to stay away: its end is not reported. What it returns is closed when that was seen.
func (m *Member) Leaves() (ended <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = make(chan struct{})
	return m.away
}

// Returns notes that a worker that has left is started again.
func (m *Member) Returns() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = nil
}

// IsAway reports whether the worker was asked to leave.
func (m *Member) IsAway() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.away != nil
}

// departs notes the end of a worker that was asked to leave, and reports whether it was.
func (m *Member) departs() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away == nil {
		return false
	}
	select {
	case <-m.away:
	default:
		close(m.away)
	}
	return true
}

// newMembers are a plan's workers, in its order, with their logs open.
func newMembers(p launcher.Plan) []*Member {
	terminal := workerlog.NewTerminal(p.Output, logs.FormatOf(p.JSON))
	members := make([]*Member, len(p.Workers))
	for i, w := range p.Workers {
		log := workerlog.Open(w.Name, p.LogDir, terminal, func(err error) { p.Log.Warn("worker log", "error", err) })
		members[i] = &Member{Worker: w, Index: i, Log: log, Announcement: NewAnnouncement()}
	}
	return members
}

// Output takes what a worker writes to standard output: the line that is its announcement, or the one by which it refuses its data, is for the
// launch, which ends if this program does not understand the one, and with the other. All else is for its log.
func (l *Launching) Output(m *Member) *lines.Writer {
	return m.Log.Output(func(_ string, err error) {
		if err != nil {
			l.Fail(fmt.Errorf("worker %s: %w", m.Worker.Name, err))
		}
		m.Announcement.come()
	}, func(reason string) {
		l.Fail(&launcher.DataError{Worker: m.Worker.Name, Reason: reason})
		m.Announcement.come()
	})
}

// Ended is the worker's end with an exit status, as engines report it; -1 is that of one that nobody knows.
func (m *Member) Ended(code int) launcher.Exit {
	exit := launcher.Exit{Worker: m.Worker.Name, Code: code, LastWords: m.Log.LastWords()}
	if signal := code - 128; 0 < signal && signal < 65 { // as shells and engines write it
		exit.Signal = syscall.Signal(signal).String()
	}
	return exit
}

// Killed is the error of a Stop that had to kill the worker.
func (m *Member) Killed() error {
	return fmt.Errorf("worker %s did not end when asked and was killed", m.Worker.Name)
}

// CloseLogs ends the logs of all members.
func (l *Launching) CloseLogs() error {
	errs := make([]error, len(l.Members))
	for i, m := range l.Members {
		errs[i] = m.Log.Close()
	}
	return errors.Join(errs...)
}
