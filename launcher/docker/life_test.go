package docker_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
)

// A container that fails is reported with its exit status and last words, and
// started again by the engine, at the same address. One that a person kills is
// told, and stays down until a person starts it.
func TestExits(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	again := make(chan string, 4)
	p.on = func(e launcher.Event) {
		if e.Kind == launcher.Again {
			again <- e.Worker
		}
	}
	plan := p.plan("tree1", "tree2")
	plan.LogDir = t.TempDir()
	fleet := p.launch(plan)
	url := fleet.Endpoints()[1].URL

	_, _ = fetch(url + "/die?code=7") // no answer comes
	want := launcher.Exit{Worker: "tree2", Code: 7, LastWords: "dying as told"}
	if got := <-fleet.Exits(); got != want {
		t.Errorf("exit %+v, want %+v", got, want)
	}
	if w := <-again; w != "tree2" {
		t.Errorf("%s runs again", w)
	}
	p.ready(plan.Workers[1], url)

	p.kill("tree2")
	want = launcher.Exit{Worker: "tree2", Code: 137, Signal: "killed", LastWords: "dying as told"}
	if got := <-fleet.Exits(); got != want {
		t.Errorf("exit %+v, want %+v", got, want)
	}
	if list, err := p.Workers(t.Context(), p.name); err != nil || list[1].State != "exited" {
		t.Errorf("after docker kill: %+v, %v", list, err)
	}
	if err := p.api.ContainerStart(t.Context(), p.name+"-tree2", container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	<-again
	p.ready(plan.Workers[1], url)
	p.stop(fleet)
	if got := p.printed(); strings.Count(got, "tree2 | dying as told\n") != 1 || strings.Count(got, "tree2 | told to end\n") != 1 {
		t.Errorf("printed %q", got)
	}
}

// ready waits until a worker that was started again answers.
func (p *project) ready(w launcher.Worker, url string) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), time.Minute) // reached only if it never does
	defer cancel()
	if err := launcher.AwaitReady(ctx, w, url, func(launcher.Event) {}); err != nil {
		p.Fatal(err)
	}
}

func (p *project) kill(worker string) {
	p.Helper()
	if err := p.api.ContainerKill(p.Context(), p.name+"-"+worker, "KILL"); err != nil {
		p.Fatal(err)
	}
}

func TestNeverRestart(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	plan := p.plan("tree1")
	plan.Restart = launcher.RestartNever
	fleet := p.launch(plan)
	_, _ = fetch(fleet.Endpoints()[0].URL + "/die?code=7") // no answer comes
	<-fleet.Exits()
	if c, err := p.api.ContainerInspect(t.Context(), p.name+"-tree1"); err != nil || c.State.Status != "exited" || c.RestartCount != 0 {
		t.Errorf("state %+v, %v", c.State, err)
	}
	p.stop(fleet)
}

// The engine's health check is the worker's own executable.
func TestHealthcheck(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	fleet, err := docker.Launcher{HealthInterval: 10 * time.Millisecond}.Launch(t.Context(), p.plan("tree1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fleet.Stop(context.Background()) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // reached only if it never is
	defer cancel()
	healthy := filters.NewArgs(filters.Arg("label", docker.LabelProject+"="+p.name), filters.Arg("event", string(events.ActionHealthStatus)))
	messages, failed := p.api.Events(ctx, events.ListOptions{Since: "1", Filters: healthy}) // the engine repeats what we missed
	select {
	case e := <-messages:
		if e.Action != events.ActionHealthStatusHealthy {
			t.Errorf("its health is %q", e.Action)
		}
	case err := <-failed:
		t.Error(err)
	}
	p.stop(fleet)
}

func TestLogs(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	plan := p.plan("tree1", "tree2")
	plan.Workers[0].Env = append(plan.Workers[0].Env, "FAKE=chatty")
	fleet := p.launch(plan)
	var out, errs bytes.Buffer
	if err := p.Logs(t.Context(), p.name, "tree1", false, &out, &errs); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.HasPrefix(got, "line 0 xxx") || !strings.Contains(got, "\nline 1999 xxx") {
		t.Errorf("the log holds %d bytes", len(got))
	}
	var missing *docker.NoWorkerError
	err := p.Logs(t.Context(), p.name, "tree3", false, &out, &errs)
	wantError(t, err, &missing)
	contains(t, err, "no container of worker tree3", "tree1, tree2")

	// Followed, a log ends when its container does.
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() { // waited for by way of ended
		err := p.Logs(t.Context(), p.name, "tree2", true, write, io.Discard)
		_ = write.Close()
		ended <- err
	}()
	lines := bufio.NewReader(read)
	if line, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, launcher.HandshakePrefix) {
		t.Errorf("the first line is %q, %v", line, err)
	}
	p.stop(fleet)
	rest, err := io.ReadAll(lines)
	if err = errors.Join(err, <-ended); err != nil || string(rest) != "told to end\n" {
		t.Errorf("the rest is %q, %v", rest, err)
	}
	if got := p.printed(); strings.Count(got, "tree1 | line ") != 2000 {
		t.Errorf("%d lines were followed, want 2000", strings.Count(got, "tree1 | line "))
	}
	err = p.Logs(t.Context(), p.name, "tree1", false, &out, &errs)
	wantError(t, err, &missing)
	contains(t, err, "has no containers")
}

// A master that panics leaves nothing. One that is killed leaves its
// containers, and Down removes them and nothing of another project.
func TestMasterEnds(t *testing.T) {
	t.Parallel()
	bystander := newProject(t)
	other := bystander.launch(bystander.plan("tree1"))
	for _, tt := range []struct {
		name string
		end  func(cmd *exec.Cmd, stdin io.WriteCloser) error
		left bool
	}{
		{"told to", func(_ *exec.Cmd, stdin io.WriteCloser) error { return stdin.Close() }, false},
		{"by a panic", func(_ *exec.Cmd, stdin io.WriteCloser) error {
			_, err := io.WriteString(stdin, "panic\n")
			return err
		}, false},
		{"by kill -9", func(cmd *exec.Cmd, _ io.WriteCloser) error { return cmd.Process.Kill() }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newProject(t)
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), masterEnv+"="+p.name)
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			url, err := bufio.NewReader(stdout).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.end(cmd, stdin); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // how it ended is the test's own doing
			if !tt.left {
				p.nothingRuns()
				return
			}
			if _, err := fetch(strings.TrimSpace(url) + "/v1/chimera/health"); err != nil {
				t.Errorf("the worker did not go on: %v", err)
			}
			removed, err := p.Down(t.Context(), p.name)
			if err != nil || len(removed.Containers) != 1 || len(removed.Networks) != 1 || len(removed.Images) != 1 {
				t.Errorf("removed %+v, %v", removed, err)
			}
			if _, err := fetch(other.Endpoints()[0].URL + "/v1/chimera/health"); err != nil {
				t.Errorf("another project's worker: %v", err)
			}
		})
	}
	bystander.stop(other)
}
