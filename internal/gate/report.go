package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// shown is how many packages and tests are called slow.
const shown = 12

// event is a line of go test -json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64 // seconds
}

// name is a test of a package; of the package itself if test is empty.
type name struct{ pkg, test string }

// report prints what go test prints, and keeps the times.
type report struct {
	out    io.Writer
	output map[name][]string // of the tests of packages that run
	order  map[string][]name // the tests of each package, in the order in which they began
	done   map[name]bool     // passed or skipped
	times  map[name]float64
}

func newReport(out io.Writer) *report {
	return &report{out: out, output: map[name][]string{}, order: map[string][]name{}, done: map[name]bool{}, times: map[name]float64{}}
}

// read takes the events of a whole run. A line that is no event is printed.
func (r *report) read(events io.Reader) error {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil {
				r.take(e)
			} else {
				r.print(string(line))
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading what go test prints: %w", err)
		}
	}
}

func (r *report) take(e event) {
	n := name{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		r.print(e.Output)
	case "output":
		if _, known := r.output[n]; !known {
			r.order[n.pkg] = append(r.order[n.pkg], n)
		}
		r.output[n] = append(r.output[n], e.Output)
	case "pass", "skip", "fail":
		r.done[n] = e.Action != "fail"
		if e.Elapsed > 0 {
			r.times[n] = e.Elapsed
		}
		if e.Test == "" {
			r.end(e.Package, e.Action == "fail")
		}
	}
}

// end prints a package's result: a line if it holds, else all that its failed
// and unfinished tests printed.
func (r *report) end(pkg string, failed bool) {
	for _, n := range r.order[pkg] {
		for _, line := range r.output[n] {
			if failed && !r.done[n] || n.test == "" && strings.HasPrefix(line, "ok ") {
				r.print(line)
			}
		}
		delete(r.output, n)
	}
	delete(r.order, pkg)
}

func (r *report) print(text string) { _, _ = io.WriteString(r.out, text) }

// slowest prints the n packages and the n tests that took longest. The time of
// a test contains its parts', so only the parts are listed.
func (r *report) slowest(out io.Writer, n int) {
	var packages, tests []name
	parents := map[name]bool{}
	for t := range r.times {
		if at := strings.LastIndexByte(t.test, '/'); at >= 0 {
			parents[name{t.pkg, t.test[:at]}] = true
		}
	}
	for t := range r.times {
		switch {
		case t.test == "":
			packages = append(packages, t)
		case !parents[t]:
			tests = append(tests, t)
		}
	}
	r.table(out, "slowest packages", packages, n)
	r.table(out, "slowest tests", tests, n)
}

func (r *report) table(out io.Writer, title string, names []name, n int) {
	slices.SortFunc(names, func(a, b name) int {
		return cmp.Or(cmp.Compare(r.times[b], r.times[a]), cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.test, b.test))
	})
	if len(names) == 0 {
		return
	}
	_, _ = fmt.Fprintf(out, "%s:\n", title)
	for _, t := range names[:min(n, len(names))] {
		_, _ = fmt.Fprintf(out, "  %7.2f s  %s\n", r.times[t], strings.TrimSpace(t.pkg+" "+t.test))
	}
}
