package checkpoint_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/masters/checkpoint"
)

// programIn is an environment variable that makes this test program begin fits in a project's folder, until it is killed.
const programIn = "CHECKPOINT_TEST_PROJECT"

func TestMain(m *testing.M) {
	dir := os.Getenv(programIn)
	if dir == "" {
		os.Exit(m.Run())
	}
	f := checkpoint.New(dir, slog.New(slog.DiscardHandler))
	for _, fit := range os.Args[1:] {
		id, minute, _ := strings.Cut(fit, "@")
		if _, err := f.Begin(context.Background(), begun(id, minute)); err != nil {
			panic(err)
		}
	}
	fmt.Println("begun")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// begun is a fit that began at a minute.
func begun(id, minute string) checkpoint.Fit {
	at, err := time.Parse("15:04", "12:"+minute)
	if err != nil {
		panic(err)
	}
	return checkpoint.Fit{ID: id, Kind: "pipeline", Config: "c0ffee", Started: at}
}

// program starts a program that begins fits, each given as id@minute. It returns a function that kills it.
func program(t *testing.T, dir string, fits ...string) (kill func()) {
	t.Helper()
	c := exec.Command(os.Args[0], fits...)
	c.Env = append(os.Environ(), programIn+"="+dir)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "begun\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return func() {
		_ = c.Process.Kill()
		_ = c.Wait() // it says that it was killed
		_ = in.Close()
	}
}

// folder opens the project's folder as another program does; said is what it has logged.
func folder(dir string) (f *checkpoint.Folder, said *bytes.Buffer) {
	said = &bytes.Buffer{}
	return checkpoint.New(dir, slog.New(slog.NewTextHandler(said, nil))), said
}

// files lists all files in a folder, without the locks.
func files(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && !strings.HasSuffix(path, ".lock") {
			list = append(list, filepath.Base(filepath.Dir(path))+"/"+e.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// What a killed program had begun last is taken over; what other killed programs have left is removed, half-written files too;
// what a running one has is left alone.
func TestTheNewestFitIsTakenOver(t *testing.T) {
	t.Parallel() // it waits for processes
	dir := t.TempDir()
	kill := []func(){program(t, dir, "old@01", "newest@09"), program(t, dir, "other@05")}
	end := program(t, dir, "running@30")
	defer end()
	for _, k := range kill {
		k()
	}
	half, err := filepath.Glob(filepath.Join(dir, checkpoint.FolderName, "*", "newest"))
	if err != nil || len(half) != 1 {
		t.Fatal(half, err)
	}
	for _, name := range []string{"step000000003.checkpoint", ".step000000004.checkpoint.ABCDEFGHIJKLMNOPQRSTUVWXYZ.tmp"} {
		if err := os.WriteFile(filepath.Join(half[0], name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, said := folder(dir)
	fit := f.Interrupted(t.Context(), "pipeline", "c0ffee")
	if fit == nil || fit.ID != "newest" {
		t.Fatalf("%+v: %s", fit, said)
	}
	want := []string{"newest/fit.json", "newest/step000000003.checkpoint", "newest/tries.json", "running/fit.json"}
	if got := files(t, dir); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("there is %v, want %v", got, want)
	}
	at, err := f.Begin(t.Context(), *fit)
	if err != nil || at != half[0] {
		t.Errorf("begins in %s, %v; want %s", at, err, half[0])
	}
	if second, _ := folder(dir); second.Interrupted(t.Context(), "pipeline", "c0ffee") != nil {
		t.Error("two programs go on with the same fit")
	}
	f.End(t.Context(), fit.ID)
	f.Close()
	if got := files(t, dir); !slices.Equal(got, []string{"running/fit.json"}) {
		t.Errorf("after the end there is %v", got)
	}
}

// A fit at which program after program ends, from the same place, is not gone on with for ever; every checkpoint gives it as many tries again.
func TestAFitThatEndsItsPrograms(t *testing.T) {
	t.Parallel() // it waits for processes
	const tries = 5
	dir := t.TempDir()
	program(t, dir, "fit@01")()
	again := func(checkpointed string) (goesOn bool) {
		f, said := folder(dir)
		fit := f.Interrupted(t.Context(), "pipeline", "c0ffee")
		defer f.Close() // as a program that is stopped: it leaves the fit
		if fit == nil {
			if !strings.Contains(said.String(), "5 programs have gone on with it") {
				t.Errorf("it is not said why: %s", said)
			}
			return false
		}
		at, err := f.Begin(t.Context(), *fit)
		if part, is := strings.CutPrefix(checkpointed, "part "); is && err == nil {
			err = f.PartStored(at, part)
		} else if err == nil && checkpointed != "" {
			err = os.WriteFile(filepath.Join(at, checkpointed), []byte("x"), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return true
	}
	progress := []string{"step000000003.checkpoint", "step000000004.checkpoint", "part tree1", "part tree2"}
	for _, checkpointed := range append(progress, "events.jsonl") { // which alone is no progress
		for i := range tries - 1 {
			if !again("") {
				t.Fatalf("before %q: given up after %d programs", checkpointed, i)
			}
		}
		if !again(checkpointed) {
			t.Fatalf("given up before %q", checkpointed)
		}
	}
	if again("") {
		t.Error("it is gone on with for ever")
	}
	if got := files(t, dir); len(got) > 0 {
		t.Errorf("it left %v", got)
	}
}

// A fit of another kind or of other settings is not gone on with, nor is one whose fit.json cannot be read; it is removed, and
// the log says why.
func TestAFitThatCannotBeGoneOnWith(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, kind, config string
		damage             func(file string) error
		want               string
	}{
		{"another kind", "aggregation", "c0ffee", nil, "the settings or the workers are others"},
		{"other settings", "pipeline", "decaf", nil, "the settings or the workers are others"},
		{"cut short", "pipeline", "c0ffee", func(file string) error { return os.Truncate(file, 7) }, "fit.json is damaged"},
		{"of another fit", "pipeline", "c0ffee", func(file string) error {
			return os.WriteFile(file, []byte(`{"id": "b", "master": "pipeline", "config": "c0ffee"}`), 0o600)
		}, "fit.json is damaged"},
		{"not there", "pipeline", "c0ffee", os.Remove, "it had not begun"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			program(t, dir, "a@01")()
			all, err := filepath.Glob(filepath.Join(dir, checkpoint.FolderName, "*", "a", "fit.json"))
			if err == nil && tt.damage != nil {
				err = tt.damage(all[0])
			}
			if err != nil {
				t.Fatal(err)
			}
			f, said := folder(dir)
			if fit := f.Interrupted(t.Context(), tt.kind, tt.config); fit != nil || !strings.Contains(said.String(), tt.want) {
				t.Errorf("%+v: %s", fit, said)
			}
			if _, err := os.Stat(filepath.Join(dir, checkpoint.FolderName)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the folder is left: %v", err)
			}
			f.Close()
		})
	}
}

// A program that ends in the middle of a fit leaves it to the next one; one whose fit has ended leaves nothing.
func TestClose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, _ := folder(dir)
	if f.Interrupted(t.Context(), "pipeline", "c0ffee") != nil {
		t.Error("a fit in an empty folder")
	}
	for _, id := range []string{"a", "b"} {
		if _, err := f.Begin(t.Context(), begun(id, "02")); err != nil {
			t.Fatal(err)
		}
	}
	f.End(t.Context(), "b")
	f.Close()
	f.Close() // again does nothing
	next, _ := folder(dir)
	if fit := next.Interrupted(t.Context(), "pipeline", "c0ffee"); fit == nil || fit.ID != "a" || fit.Started != begun("a", "02").Started {
		t.Errorf("%+v", fit)
	}
	next.End(t.Context(), "a")
	next.Close()
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		t.Errorf("%v is left, %v", list, err)
	}
}

// Without a project's folder, or with one that cannot be written, checkpoints are in a temporary folder, which is gone
// afterwards.
func TestTemporary(t *testing.T) {
	for _, blocked := range []bool{false, true} {
		dir, temp := "", t.TempDir()
		t.Setenv("TMPDIR", temp)
		t.Setenv("TMP", temp)
		if blocked {
			dir = t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, checkpoint.FolderName), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f, said := folder(dir)
		if fit := f.Interrupted(t.Context(), "pipeline", "c0ffee"); fit != nil {
			t.Errorf("%+v", fit)
		}
		at, err := f.Begin(t.Context(), begun("a", "03"))
		if rel, _ := filepath.Rel(temp, at); err != nil || !filepath.IsLocal(rel) {
			t.Errorf("begins in %s, %v", at, err)
		}
		if blocked != strings.Contains(said.String(), "cannot hold checkpoints; they are kept in a temporary folder") {
			t.Errorf("said %s", said)
		}
		f.Close() // the next program would not find it
		if list, err := os.ReadDir(temp); err != nil || len(list) > 0 {
			t.Errorf("%v is left, %v", list, err)
		}
	}
}

// The last two checkpoints of a series are kept; what fails while it is written is not there, and what is no checkpoint is not
// listed.
func TestSeries(t *testing.T) {
	dir := t.TempDir()
	s := checkpoint.NewSeries(dir)
	text := func(step int) func(io.Writer) error {
		return func(w io.Writer) error { _, err := fmt.Fprint(w, "after ", step); return err }
	}
	for _, step := range []int{2, 4, 6, 10} {
		if err := s.Write(step, text(step)); err != nil {
			t.Fatal(err)
		}
	}
	full := errors.New("the disk is full")
	if err := s.Write(12, func(w io.Writer) error { _ = text(12)(w); return full }); !errors.Is(err, full) {
		t.Error(err)
	}
	for _, name := range []string{"step12.checkpoint.tmp", "stepx.checkpoint", "step-1.checkpoint", "fit.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.All()
	if err != nil || len(all) != 2 || all[0].Step != 10 || all[1].Step != 6 {
		t.Fatalf("%+v, %v", all, err)
	}
	if got, err := os.ReadFile(all[0].File); err != nil || string(got) != "after 10" {
		t.Errorf("%q, %v", got, err)
	}
	if err := errors.Join(s.Remove(all[0]), s.Remove(all[0])); err != nil {
		t.Error(err)
	}
	if all, err := s.All(); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := s.All(); err == nil {
		t.Error("a folder that is not there has checkpoints")
	}
}
