package lifeline_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/inherit"
	"github.com/gochimera/chimera/internal/lifeline"
)

// part makes the test binary one of the two programs of a test.
const part = "LIFELINE_TEST_PART"

func TestMain(m *testing.M) {
	switch os.Getenv(part) {
	case "starter":
		start()
	case "old starter":
		startAsBefore()
	case "program":
		serve()
	default:
		os.Exit(m.Run())
	}
}

// start starts the program and waits for it, as the command line does. What the
// program prints goes to the test, its errors to the starter.
func start() {
	cmd := again("program")
	cmd.Stdout = os.Stdout
	errs, err := cmd.StderrPipe()
	check(err)
	line, err := lifeline.Attach(cmd)
	check(err)
	check(cmd.Start())
	line.Started()
	_, _ = io.Copy(os.Stderr, errs)
	check(cmd.Wait())
	line.Close()
}

// startAsBefore starts the program as earlier versions of the command line do.
func startAsBefore() {
	theirs, held, err := os.Pipe()
	check(err)
	cmd := again("program")
	cmd.Stdout = os.Stdout
	errs, err := cmd.StderrPipe()
	check(err)
	check(inherit.Give(cmd, "CHIMERA_LIFELINE", theirs))
	check(cmd.Start())
	check(theirs.Close())
	_, _ = io.Copy(os.Stderr, errs)
	check(cmd.Wait())
	check(held.Close())
}

// serve works until its starter is gone, and then has things to do and to say.
func serve() {
	gone, err := lifeline.Watch()
	check(err)
	_, given := os.LookupEnv(lifeline.Variable)
	if _, before := os.LookupEnv("CHIMERA_LIFELINE"); given || before {
		fmt.Println("what it starts would take the lifeline for theirs")
	}
	fmt.Println("watching")
	<-gone.Done()
	for err == nil { // the system may close the other end a moment later
		_, err = fmt.Fprintln(os.Stderr, "to nobody")
	}
	fmt.Println("ended, and nobody heard it")
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func again(as string) *exec.Cmd {
	self, err := os.Executable()
	check(err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), part+"="+as)
	return cmd
}

// A program whose starter is killed ends in its own way: what it prints to
// nobody does not end it halfway.
func TestProgramEndsWithItsStarter(t *testing.T) {
	for _, as := range []string{"starter", "old starter"} {
		t.Run(as, func(t *testing.T) {
			starter := again(as)
			printed, err := starter.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := starter.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(printed)
			if !lines.Scan() || lines.Text() != "watching" {
				t.Fatalf("it printed %q", lines.Text())
			}
			if err := starter.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if !lines.Scan() || lines.Text() != "ended, and nobody heard it" {
				t.Errorf("it printed %q", lines.Text())
			}
			if lines.Scan() {
				t.Errorf("then it printed %q", lines.Text())
			}
			_ = starter.Wait() // it was killed
		})
	}
}

func TestWatchRefuses(t *testing.T) {
	for variable, says := range map[string]string{
		"CHIMERA_LIFELINE=stdin":         `CHIMERA_LIFELINE: want the number of an open file, got "stdin"; unset it`,
		"CHIMERA_LIFELINE=1000":          `1000 is no pipe; unset it`,
		"CHIMERA_LIFELINE=-1":            `want the number of an open file`,
		"CHIMERA_PROGRAM_LIFELINE=stdin": `CHIMERA_PROGRAM_LIFELINE: want the number of an open file, got "stdin"; unset it`,
		"CHIMERA_PROGRAM_LIFELINE=1000":  `1000 is no pipe; unset it`,
		"CHIMERA_PROGRAM_LIFELINE=-1":    `want the number of an open file`,
	} {
		cmd := again("program")
		cmd.Env = append(cmd.Env, variable)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), says) {
			t.Errorf("%s: %v, %s", variable, err, out)
		}
	}
}
