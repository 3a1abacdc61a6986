package launcher_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gochimera/chimera/launcher"
)

// master is this test binary in a process of its own, with two fake workers.
type master struct {
	cmd       *exec.Cmd
	commands  io.Writer
	answers   *json.Decoder
	errors    *strings.Builder
	endpoints []launcher.Endpoint
}

func startMaster(t *testing.T, configure func(*exec.Cmd)) *master {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	m := &master{cmd: exec.CommandContext(context.Background(), self), errors: &strings.Builder{}}
	m.cmd.Env = append(os.Environ(), masterEnv+"=1")
	m.cmd.Stderr = m.errors
	if configure != nil {
		configure(m.cmd)
	}
	if m.commands, err = m.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := m.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.cmd.Process.Kill() }) // for a test that fails
	m.answers = json.NewDecoder(stdout)
	m.hear(t)
	return m
}

// hear reads where the workers are.
func (m *master) hear(t *testing.T) {
	t.Helper()
	if err := m.answers.Decode(&m.endpoints); err != nil || len(m.endpoints) != 2 {
		t.Fatalf("the master said %v, %v", m.endpoints, err)
	}
}

func (m *master) tell(command string) error {
	_, err := io.WriteString(m.commands, command+"\n")
	return err
}

// restart has the second worker die and come back.
func (m *master) restart(t *testing.T) {
	t.Helper()
	was := m.endpoints[1]
	if err := m.tell("restart"); err != nil {
		t.Fatal(err)
	}
	m.endpoints = nil
	m.hear(t)
	if is := m.endpoints[1]; is.URL != was.URL || is.PID == was.PID {
		t.Fatalf("it was %+v and is %+v", was, is)
	}
}

// Whatever way the master dies, its workers end. Each holds a request of ours
// open, which the system ends with the worker.
func TestWorkersEndWithTheirMaster(t *testing.T) {
	tests := []struct {
		name    string
		restart bool // the second worker has died before, and come back
		die     func(*master) error
		says    string
	}{
		{"kill -9", false, func(m *master) error { return m.cmd.Process.Kill() }, ""},
		{"kill -9 after a restart", true, func(m *master) error { return m.cmd.Process.Kill() }, ""},
		{"panic", false, func(m *master) error { return m.tell("panic") }, "panic: the master panics"},
		{"exit without Stop", true, func(m *master) error { return m.tell("exit") }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := startMaster(t, nil)
			if tt.restart {
				m.restart(t)
			}
			held := make([]net.Conn, 0, 2)
			for _, e := range m.endpoints {
				held = append(held, hold(t, e.URL))
			}
			if err := tt.die(m); err != nil {
				t.Fatal(err)
			}
			for _, conn := range held {
				untilClosed(t, conn)
			}
			if err := m.cmd.Wait(); err == nil {
				t.Error("the master ended well")
			}
			if !strings.Contains(m.errors.String(), tt.says) {
				t.Errorf("the master said %q, want %q", m.errors, tt.says)
			}
		})
	}
}
