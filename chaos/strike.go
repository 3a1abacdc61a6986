//go:build unix

package chaos

import (
	"syscall"
	"time"
)

// strike does what a fault does beside the wire, and writes it into the history.
func (r *rig) strike(f fault) {
	r.history.struck(f)
	switch f.Kind {
	case kill:
		r.signal(f.Worker, syscall.SIGKILL)
	case stop:
		if r.plan.Launcher == inprocess {
			r.later(f.For, r.fleet.proxies[f.Worker].hold())
			return
		}
		pid := r.signal(f.Worker, syscall.SIGSTOP)
		r.later(f.For, func() {
			if pid != 0 && r.pid(f.Worker) == pid { // else it has been killed meanwhile
				_ = syscall.Kill(pid, syscall.SIGCONT) // fails only if it ended in this instant
			}
		})
	case diskFull:
		r.fill()
		r.later(f.For, r.free)
	default: // the proxy does it
	}
}

// later does something after a while, but before the rig ends.
func (r *rig) later(d time.Duration, do func()) {
	r.pending.Go(func() {
		wait(r.ending, time.After(d))
		do()
	})
}

// pid is that of the worker's process now, or 0.
func (r *rig) pid(worker int) int { return r.fleet.Endpoints()[worker].PID }

// signal sends a worker's process a signal, if it has one now, and returns its number.
func (r *rig) signal(worker int, s syscall.Signal) int {
	pid := r.pid(worker)
	if pid != 0 {
		_ = syscall.Kill(pid, s) // fails only if it ended in this instant
	}
	return pid
}

// smallest is how large a file can be while the disk is full. A file system of its own would be truer,
// and needs privileges; to a writer the errors are alike.
const smallest = 512

// fill lets no file of this program grow beyond smallest until as many calls of free.
func (r *rig) fill() { r.limit(1) }
func (r *rig) free() { r.limit(-1) }

func (r *rig) limit(by int) {
	r.filled.Lock()
	defer r.filled.Unlock()
	r.full += by
	limit := r.fileSize
	if r.full > 0 {
		limit.Cur = smallest
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		r.history.note("the size of files could not be limited: " + err.Error())
	}
}
