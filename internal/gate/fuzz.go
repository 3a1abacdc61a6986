package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// targets are the fuzz targets of a package, sorted.
func targets(p pkg) ([]string, error) {
	var names []string
	for _, file := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
		tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
				names = append(names, f.Name.Name)
			}
		}
	}
	slices.Sort(names)
	return names, nil
}

// isCount says whether a value of go test's -fuzztime is a number of inputs. A time would not do: a target whose time ends while
// an input is on its way to it is reported as one that failed, by a deadline and without an input (golang/go 75804).
func isCount(fuzztime string) bool {
	number, found := strings.CutSuffix(fuzztime, "x")
	n, err := strconv.Atoi(number)
	return found && err == nil && n > 0
}

// fuzz runs every fuzz target of the packages on so many inputs each, which is a value of go test's -fuzztime. As
// many packages as there are processors run at the same time. The error names what failed; go test has
// then stored the input in the package's testdata.
func fuzz(ctx context.Context, each string, args []string, out io.Writer) error {
	listed, err := list(ctx, nil, args)
	if err != nil {
		return err
	}
	names, count := make([][]string, len(listed)), 0
	for i, p := range listed {
		if names[i], err = targets(p); err != nil {
			return err
		}
		count += len(names[i])
	}
	if count == 0 {
		return fmt.Errorf("fuzz: there is no fuzz target in %s", strings.Join(args, " "))
	}
	work, err := os.MkdirTemp("", "chimera-fuzz")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }() // temporary
	var running sync.WaitGroup
	var results sync.Mutex
	var errs []error
	free := make(chan struct{}, runtime.NumCPU())
	for i, p := range listed {
		if len(names[i]) == 0 {
			continue
		}
		running.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			report, err := fuzzPackage(ctx, p, names[i], each, filepath.Join(work, fmt.Sprint(i)))
			results.Lock()
			defer results.Unlock()
			_, printErr := io.WriteString(out, report)
			errs = append(errs, err, printErr)
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// fuzzPackage builds a package's tests once, and runs its targets one after the other.
func fuzzPackage(ctx context.Context, p pkg, names []string, each, work string) (report string, err error) {
	program := filepath.Join(work, "fuzz.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-fuzz=.", "-o", program, p.ImportPath)
	if text, err := build.CombinedOutput(); err != nil {
		return string(text), fmt.Errorf("%s: %w", p.ImportPath, err)
	}
	var errs []error
	for _, name := range names {
		// Minimising an input may take a minute; it is cut short.
		run := exec.CommandContext(ctx, program, "-test.run=^$", "-test.fuzz=^"+name+"$", "-test.fuzztime="+each, "-test.fuzzminimizetime=10x",
			"-test.fuzzcachedir="+filepath.Join(work, "cache"), "-test.parallel=1")
		run.Dir = p.Dir
		text, err := run.CombinedOutput()
		if err == nil && bytes.Contains(text, []byte("no fuzz tests to fuzz")) {
			err = errors.New("it was not run")
		}
		if err != nil {
			report += string(text)
			errs = append(errs, fmt.Errorf("%s %s: %w", p.ImportPath, name, err))
			continue
		}
		report += fmt.Sprintf("ok  %s %s  %s\n", p.ImportPath, name, executions(string(text)))
	}
	return report, errors.Join(errs...)
}

// executions is the last count that a target printed.
func executions(output string) string {
	all := regexp.MustCompile(`execs: \d+`).FindAllString(output, -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}
