package launcher

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/gochimera/chimera/internal/gobuild"
)

// Process launches each worker as a child process on this machine. It needs
// nothing but the go command, with which it builds the workers' mains into a
// cache (CHIMERA_CACHE, else a folder of the user's cache); what is up to date
// is not built again. CPU shares and the network do not apply.
//
// Besides what [Launcher] promises, Launch returns a *BuildError,
// *NoGoError or *NoCompilerError if the mains cannot be built, an *ExitError
// with the worker's last words if one ends early, and a *NotReadyError if one takes
// too long.
//
// A worker that ends later is delivered by Exits and, where the plan's Restart
// says so, started again: with the same environment and log file, on the port it
// had, and with the same checks. Before each try it waits twice as long as
// before, up to 10 s, and after too many in a row it is left alone. A try that
// cannot end otherwise, as when the executable is gone, is the last. A worker that
// has been ready for 10 s was started with success: the next tries are counted
// anew. Retrying events and warnings report every try and its reason (another
// program may have taken the port), Again that the worker is ready, Down that
// it is left alone.
type Process struct {
	Restarts     int           // tries in a row, without success, to start a worker again; 0 is 10
	RestartPause time.Duration // before the first of them; 0 is 0.1 s

	// Command makes the command that runs a worker's executable, for launchers that
	// put something before it (nice, taskset, a debugger). What it sets in Env is added
	// to the worker's environment. The command must pass on the worker's standard
	// input and outputs and its end. Nil runs the executable itself.
	Command func(job Job, executable string) *exec.Cmd
}

// Name is "process".
func (Process) Name() string { return "process" }

// Launch implements [Launcher].
func (p Process) Launch(ctx context.Context, plan Plan) (Fleet, error) {
	plan, err := plan.Checked()
	if err != nil {
		return nil, err
	}
	s := Supervisor{Restarts: p.Restarts, RestartPause: p.RestartPause}
	if err := s.check(); err != nil {
		return nil, err
	}
	if p.Command == nil {
		p.Command = func(_ Job, executable string) *exec.Cmd { return exec.CommandContext(context.Background(), executable) }
	}
	executables, err := Build(ctx, plan)
	if err != nil {
		return nil, err
	}
	s.Start = func(job Job) (Instance, error) { return StartCommand(p.Command(job, executables[job.Index]), job) }
	return s.Launch(ctx, plan)
}

// The errors of building the workers' mains.
type (
	// BuildError holds what the go command printed, as it is.
	BuildError = gobuild.Error
	// NoGoError says that there is no go command.
	NoGoError = gobuild.NoGoError
	// NoCompilerError says that workers need a C compiler and there is none.
	NoCompilerError = gobuild.NoCompilerError
)

// Build builds the main package of every worker of a checked plan for this machine
// and returns their executables, in the plan's order. Building and Built events
// report it. Errors are a *BuildError, *NoGoError, *NoCompilerError or ctx's own.
func Build(ctx context.Context, p Plan) ([]string, error) { return BuildFor(ctx, p, "", "") }

// BuildFor is Build for another system, as GOOS and GOARCH name it. Executables for
// a system that is named are linked statically.
func BuildFor(ctx context.Context, p Plan, system, architecture string) ([]string, error) {
	start := time.Now()
	p.Observe(Event{Kind: Building})
	mains := make([]gobuild.Main, 0, len(p.Workers))
	for _, w := range p.Workers {
		mains = append(mains, gobuild.Main{Folder: w.Main, Cgo: w.Cgo})
	}
	executables, err := gobuild.Build(ctx, gobuild.Request{
		Dir: p.Dir, Mains: mains, Target: gobuild.Target{OS: system, Arch: architecture}, Like: gobuild.ThisProgram(),
		Progress: func(line string) { p.Observe(Event{Kind: Building, Detail: line}) },
		Begun:    p.buildings(),
	})
	if err != nil {
		return nil, err
	}
	p.Observe(Event{Kind: Built, Elapsed: time.Since(start)})
	return executables, nil
}

// buildings reports the workers whose mains are built, as they come.
func (p Plan) buildings() func(folder string) {
	begun := 0
	return func(folder string) {
		for _, w := range p.Workers {
			if w.Main != folder {
				continue
			}
			begun++
			p.Observe(Event{Kind: Building, Worker: w.Name, Detail: fmt.Sprintf("worker %d of %d: %s", begun, len(p.Workers), w.described())})
		}
	}
}

// described is the worker's name with what it is.
func (w Worker) described() string {
	if w.About == "" {
		return w.Name
	}
	return w.Name + ", " + w.About
}

var _ Launcher = Process{}
