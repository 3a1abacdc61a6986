package gobuild

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// maxOutput is how many bytes of the go command's output an error repeats.
const maxOutput = 64 << 10

// killAfter is how long an interrupted go command may take to end.
const killAfter = 5 * time.Second

// Go runs a go command in dir, in the caller's environment, with its temporary files in work: an
// interrupted go build leaves them behind. The error is an *Error, a *NoGoError or ctx's own.
func Go(ctx context.Context, dir, work string, args ...string) error {
	tool, err := exec.LookPath("go")
	if err != nil {
		return &NoGoError{Err: err}
	}
	temporary, err := os.MkdirTemp(work, "work-")
	if err != nil {
		return fmt.Errorf("folder for the go command's temporary files: %w", err)
	}
	cmd := goCommand(ctx, tool, dir, args...)
	cmd.Env = append(cmd.Environ(), "GOTMPDIR="+temporary)
	return errors.Join(carryOut(ctx, cmd, &output{}), os.RemoveAll(temporary))
}

// run runs one command of a request.
func run(ctx context.Context, tool string, r Request, c command, work string) error {
	cmd := targeted(ctx, tool, r, c.cgo, c.args...)
	cmd.Env = append(cmd.Env, "GOTMPDIR="+work)
	if err := carryOut(ctx, cmd, &output{progress: r.Progress, begun: r.Begun, mains: r.Mains}); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("building the workers: %w", err)
		}
		return err
	}
	return nil
}

// carryOut runs a go command to its end.
func carryOut(ctx context.Context, cmd *exec.Cmd, out *output) error {
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		return &Error{Dir: cmd.Dir, Output: out.String(), Err: err}
	}
}

// goCommand is a go command. When ctx ends, it and the compilers it started are interrupted.
func goCommand(ctx context.Context, tool, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Dir = dir
	cmd.WaitDelay = killAfter
	interruptTogether(cmd)
	return cmd
}

// targeted is a go command for the request's target, whatever the user's environment
// cross-compiles for.
func targeted(ctx context.Context, tool string, r Request, cgo bool, args ...string) *exec.Cmd {
	cmd := goCommand(ctx, tool, r.Dir, args...)
	enabled := "0"
	if cgo {
		enabled = "1"
	}
	cmd.Env = append(cmd.Environ(), "GOOS="+r.Target.system().OS, "GOARCH="+r.Target.system().Arch, "CGO_ENABLED="+enabled)
	return cmd
}
