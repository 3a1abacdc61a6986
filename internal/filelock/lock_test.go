package filelock_test

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/internal/filelock"
)

// lockedHere is an environment variable that makes this test program hold a lock until it is killed.
const lockedHere = "FILELOCK_TEST_PATH"

func TestMain(m *testing.M) {
	if path := os.Getenv(lockedHere); path != "" {
		if _, err := filelock.Take(path); err != nil {
			panic(err)
		}
		_, _ = os.Stdout.WriteString("locked\n")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	os.Exit(m.Run())
}

func take(t *testing.T, path string) *filelock.Lock {
	t.Helper()
	l, err := filelock.Take(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestALockNamesItsHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	l := take(t, path)
	var held *filelock.HeldError
	if _, err := filelock.Take(path); !errors.As(err, &held) || held.Path != path || held.Holder.PID != os.Getpid() ||
		held.Holder.Host == "" || held.Holder.Since.IsZero() || !strings.Contains(err.Error(), filepath.Base(os.Args[0])) {
		t.Errorf("a second lock: %v", err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file after the release: %v", err)
	}
	if err := take(t, path).Release(); err != nil {
		t.Error(err)
	}
}

// A program that was killed holds nothing any more, and what it wrote into the file is nobody's.
func TestAKilledProgramHoldsNothing(t *testing.T) {
	t.Parallel() // it waits for a process
	path := filepath.Join(t.TempDir(), "lock")
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), lockedHere+"="+path)
	stdin, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	stdout, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "locked\n" {
		t.Fatalf("%q, %v", line, err)
	}
	var held *filelock.HeldError
	if _, err := filelock.Take(path); !errors.As(err, &held) || held.Holder.PID != other.Process.Pid {
		t.Errorf("while it runs: %v", err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // it was killed
	if _, err := os.Stat(path); err != nil {
		t.Errorf("nobody has removed the file: %v", err)
	}
	if err := take(t, path).Release(); err != nil {
		t.Error(err)
	}
}

// One at a time holds the lock, though its file comes and goes.
func TestOneAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var all sync.WaitGroup
	var inside, times atomic.Int32
	for range 8 {
		all.Go(func() {
			for times.Load() < 200 {
				l, err := filelock.Take(path)
				var held *filelock.HeldError
				if errors.As(err, &held) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if inside.Add(1) != 1 {
					t.Error("two hold the lock")
				}
				times.Add(1)
				inside.Add(-1)
				if err := l.Release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestNoFolderToLockIn(t *testing.T) {
	if _, err := filelock.Take(filepath.Join(t.TempDir(), "missing", "lock")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
