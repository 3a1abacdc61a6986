package cli

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/masters"
)

var colour = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// On a terminal there are colours, and a line of progress that is overwritten. NO_COLOR, whatever its value, turns colours off, and TERM=dumb
// everything that is no text.
func TestColoursOnATerminal(t *testing.T) {
	master := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(api.MasterStatus{Master: "aggregation", Project: "p", Workers: []api.Member{{Worker: "w", State: api.MemberUp}}})
	}))
	defer master.Close()
	of := fixtures(t)
	for _, c := range []struct {
		what, noColour, term string
		coloured, controlled bool
	}{
		{"a terminal", "", "xterm-256color", true, true},
		{"NO_COLOR=1", "1", "xterm-256color", false, true},
		{"NO_COLOR=0", "0", "xterm-256color", false, true},
		{"TERM=dumb", "", "dumb", false, false},
		{"both", "1", "dumb", false, false},
	} {
		t.Setenv("NO_COLOR", c.noColour)
		t.Setenv("TERM", c.term)
		for command, says := range map[string]string{
			"status --url " + master.URL: "aggregation master of project p", "inspect DIR/ragged.csv --target b": "ragged.csv:2",
		} {
			p := openTerminal(t)
			run(t.Context(), of(command), p.slave, p.slave)
			text := p.all()
			coloured := colour.MatchString(text)
			if coloured != c.coloured || !c.controlled && strings.Contains(text, "\x1b") || !strings.Contains(colour.ReplaceAllString(text, ""), says) {
				t.Errorf("%s: %s prints %q", c.what, command, text)
			}
		}
		p := openTerminal(t)
		run(t.Context(), of("validate --project GOOD"), p.slave, p.slave)
		if text := p.all(); strings.Contains(text, "\r\x1b[K") != c.controlled || !c.controlled && strings.Contains(text, "\x1b") {
			t.Errorf("%s: the progress of validate is %q", c.what, text)
		}
	}
}

// endlessFit is a master, inside this process, of a training that goes on until it is cancelled.
func endlessFit(t *testing.T) *client.Client {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"chimera.yaml": "project: watched\nlauncher: inprocess\nmaster: parameter-server\nlearner: logistic-regression\n" +
		"workers: [{name: north}, {name: south}]\nparameter_server: {max_iter: 1000000000, tol: 0, n_iter_no_change: 0}\n"}
	for _, name := range []string{"north", "south"} {
		files["chimera_train_data/"+name+"/X_train.csv"] = "a,b\n1,2\n2,1\n3,5\n4,1\n"
		files["chimera_train_data/"+name+"/y_train.csv"] = "y\nj\nn\nj\nj\n"
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, end := context.WithCancel(context.Background())
	urls, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- chimera.Run(masters.NewParameterServer(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(io.Discard, io.Discard),
			chimera.OnReady(func(_ context.Context, up chimera.Up) error { urls <- up.Master.URL(); return nil }))
	}()
	var c *client.Client
	select {
	case url := <-urls:
		var err error
		if c, err = client.New(url); err != nil {
			t.Fatal(err)
		}
	case err := <-done:
		end()
		t.Fatalf("the master ended: %v", err)
	}
	fit := make(chan struct{})
	go func() {
		defer close(fit)
		_, _ = c.Fit(ctx) // it is cancelled
	}()
	t.Cleanup(func() {
		end()
		<-fit
		c.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return c
}

// watchOn starts chimera watch on a terminal.
func watchOn(t *testing.T, p *terminal, url string) *exec.Cmd {
	t.Helper()
	return startOn(t, p, "watch", "--url", url)
}

// startOn starts chimera as a shell starts a program on a terminal.
func startOn(t *testing.T, p *terminal, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("chimera", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.slave, p.slave, p.slave
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "NO_COLOR=", "CHIMERA_PROJECT=")
	cmd.Dir = t.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	_ = p.slave.Close() // it is the command's
	return cmd
}

var overwrites = regexp.MustCompile(`\x1b\[\d+A\x1b\[J`)

// frames are the frames that were drawn whole, without colours, as lines.
func frames(text string) (all [][]string) {
	parts := overwrites.Split(colour.ReplaceAllString(strings.ReplaceAll(text, "\r\n", "\n"), ""), -1)
	for _, frame := range parts[:len(parts)-1] {
		all = append(all, strings.Split(strings.TrimSuffix(frame, "\n"), "\n"))
	}
	return all
}

func widest(frame []string) (width int) {
	for _, line := range frame {
		width = max(width, len([]rune(line)))
	}
	return width
}

// A fit is watched on a terminal: it is drawn again and again, as wide as the terminal is, until Ctrl-C, which leaves terminal and fit as
// they are, or until the fit has ended, which is said.
func TestWatchOnATerminal(t *testing.T) {
	c := endlessFit(t)
	p := openTerminal(t)
	cmd := watchOn(t, p, c.URL())
	p.await(t, "the fit", func(text string) bool {
		all := frames(text)
		if len(all) == 0 {
			return false
		}
		last := strings.Join(all[len(all)-1], "\n")
		return regexp.MustCompile(`(?s)parameter-server fit .*: running for .* step \d+ of at most 1000000000, loss .*\nloss .*\nworking  north .*\nworking  south `).
			MatchString(last) && widest(all[len(all)-1]) > 40
	})
	p.resize(t, 40)
	first := -1 // frame of the new size
	p.await(t, "a narrow frame, and others after it", func(text string) bool {
		all := frames(text)
		for i := range all {
			if first < 0 && widest(all[i]) == 40 {
				first = i
			}
		}
		return first >= 0 && len(all) > first+3
	})
	if _, err := p.master.WriteString("\x03"); err != nil { // Ctrl-C
		t.Fatal(err)
	}
	_ = cmd.Wait()
	text := p.all()
	if code := cmd.ProcessState.ExitCode(); code != interrupted || !strings.HasSuffix(text, "chimera: interrupted\n") {
		t.Errorf("Ctrl-C: status %d, want %d, and\n%q", code, interrupted, text[max(0, len(text)-300):])
	}
	for _, frame := range frames(text)[first:] {
		if widest(frame) > 40 {
			t.Errorf("on a terminal of 40 columns:\n%s", strings.Join(frame, "\n"))
		}
	}
	if paints := colour.FindAllString(text, -1); strings.Contains(text, "\x1b[?") || len(paints) > 0 && paints[len(paints)-1] != "\x1b[0m" {
		t.Errorf("it leaves the terminal in another state: %q", text[max(0, len(text)-300):])
	}

	if status, err := c.Status(t.Context()); err != nil || status.Fit == nil || status.Fit.State != api.FitRunning {
		t.Errorf("the fit does not go on: %+v, %v", status, err)
	}
	p = openTerminal(t)
	cmd = watchOn(t, p, c.URL())
	p.await(t, "the fit", func(text string) bool { return strings.Contains(text, ": running for ") })
	if err := c.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	text = p.all()
	if end := text[strings.LastIndex(text, "\x1b[J")+1:]; err != nil || !strings.Contains(end, ": cancelled after ") || !strings.Contains(end, "stopped  north ") {
		t.Errorf("at the end: %v, %q", err, end)
	}

	t.Setenv("TERM", "xterm-256color")
	t.Setenv("NO_COLOR", "1")
	p = openTerminal(t)
	if status := run(t.Context(), []string{"watch", "--url", c.URL()}, p.slave, p.slave); status != succeeded {
		t.Errorf("with NO_COLOR: status %d", status)
	}
	if text := p.all(); strings.Contains(text, "\x1b") || !strings.Contains(text, " of 2 workers began (parameter-server)\n") {
		t.Errorf("with NO_COLOR: %q", text)
	}
}

// Ctrl-C ends a command that asks on the terminal, whatever was answered so far.
func TestCtrlCAtAQuestion(t *testing.T) {
	for _, asked := range [][]string{{"Kind of master"}, {"Kind of master", "Learner", "Number of workers"}} {
		p := openTerminal(t)
		cmd := startOn(t, p, "init", "made")
		for i, question := range asked {
			p.await(t, question, func(text string) bool { return strings.Contains(text, question) })
			answer := "\n"
			if i == len(asked)-1 {
				answer = "\x03"
			}
			if _, err := p.master.WriteString(answer); err != nil {
				t.Fatal(err)
			}
		}
		_ = cmd.Wait()
		text := p.all()
		if code := cmd.ProcessState.ExitCode(); code != interrupted || !strings.HasSuffix(text, "^C\nchimera: interrupted\n") {
			t.Errorf("%q: status %d, want %d, and\n%q", asked, code, interrupted, text)
		}
		if _, err := os.Stat(filepath.Join(cmd.Dir, "made")); err == nil {
			t.Errorf("%q: a project was made", asked)
		}
	}
}
