// Package times sums up a project's time log, in which masters keep the latency
// of every call to a worker and of every request, draws it, and compares runs in it.
//
// The room imports the standard library, gonum and the room of pictures.
package times

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"text/tabwriter"

	"gonum.org/v1/gonum/stat"
)

// Log is the calls of a time log, by endpoint and run.
type Log struct {
	endpoints []endpoint // in the order of compare
}

// place is a path of one node: a worker's name is known from objects, and an address from lines.
type place struct{ node, worker, host, path string }

// endpoint is the calls to a place within a run, or of all runs.
type endpoint struct {
	place
	run     string    // empty for what belongs to none
	seconds []float64 // of each call, ascending
}

func compare(a, b place) int {
	return cmp.Or(cmp.Compare(a.node, b.node), cmp.Compare(a.path, b.path), cmp.Compare(a.worker, b.worker), cmp.Compare(a.host, b.host))
}

// Row sums up the calls of one endpoint. Times are in seconds.
type Row struct {
	Node   string  `json:"node"`             // master or worker
	Worker string  `json:"worker,omitempty"` // its name; of a log of lines Host is known instead
	Host   string  `json:"host,omitempty"`
	Path   string  `json:"path"`
	Calls  int     `json:"calls"`
	Mean   float64 `json:"mean"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	Max    float64 `json:"max"`
}

// line is a line of the log, which is that of the Python package.
var line = regexp.MustCompile(`^(\S+) (master|worker) endpoint latency = ([0-9.eE+-]+) s$`)

// Read reads a time log: of objects, which have names and runs, or of lines. One without calls is an error.
func Read(in io.Reader) (*Log, error) {
	type key struct {
		place
		run string
	}
	seen := map[key][]float64{}
	lines := bufio.NewScanner(in)
	n := 1
	for ; lines.Scan(); n++ {
		e, err := parse(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if e != nil {
			k := key{e.place, e.run}
			seen[k] = append(seen[k], e.seconds...)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n, err)
	}
	if len(seen) == 0 {
		return nil, errors.New("it has no calls yet")
	}
	l := &Log{}
	for k, all := range seen {
		slices.Sort(all)
		l.endpoints = append(l.endpoints, endpoint{k.place, k.run, all})
	}
	slices.SortFunc(l.endpoints, func(a, b endpoint) int { return cmp.Or(compare(a.place, b.place), cmp.Compare(a.run, b.run)) })
	return l, nil
}

// parse is the call of a line; nil if it is none, as a log that is being written may end anywhere.
func parse(text []byte) (*endpoint, error) {
	e := &endpoint{seconds: make([]float64, 1)}
	if bytes.HasPrefix(text, []byte("{")) {
		var o struct {
			Node, Worker, Path, Run string
			Seconds                 float64
		}
		if err := json.Unmarshal(text, &o); err != nil || o.Node != "master" && o.Node != "worker" {
			return nil, nil
		}
		e.place, e.run, e.seconds[0] = place{node: o.Node, worker: o.Worker, path: o.Path}, o.Run, o.Seconds
	} else {
		m := line.FindSubmatch(text)
		if m == nil {
			return nil, nil
		}
		u, err := url.Parse(string(m[1]))
		if err != nil {
			return nil, err
		}
		if e.seconds[0], err = strconv.ParseFloat(string(m[3]), 64); err != nil {
			return nil, err
		}
		e.place = place{node: string(m[2]), host: u.Host, path: u.Path}
	}
	if e.seconds[0] < 0 {
		return nil, fmt.Errorf("a latency of %v s is negative", e.seconds[0])
	}
	return e, nil
}

// places puts the calls of all runs to the same place together.
func (l *Log) places() []endpoint {
	var all []endpoint
	for _, e := range l.endpoints {
		if last := len(all) - 1; last >= 0 && all[last].place == e.place {
			all[last].seconds = append(all[last].seconds, e.seconds...)
		} else {
			all = append(all, endpoint{place: e.place, seconds: slices.Clone(e.seconds)})
		}
	}
	for _, e := range all {
		slices.Sort(e.seconds)
	}
	return all
}

// Rows sums up each endpoint, by node, path, and worker or address.
func (l *Log) Rows() []Row {
	var rows []Row
	for _, e := range l.places() {
		rows = append(rows, Row{
			Node: e.node, Worker: e.worker, Host: e.host, Path: e.path, Calls: len(e.seconds), Mean: stat.Mean(e.seconds, nil),
			Median: quantile(0.5, e.seconds), P95: quantile(0.95, e.seconds), Max: e.seconds[len(e.seconds)-1],
		})
	}
	return rows
}

func quantile(p float64, ascending []float64) float64 {
	return stat.Quantile(p, stat.Empirical, ascending, nil)
}

// Write prints rows as a table for people.
func Write(out io.Writer, rows []Row) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	who := "WORKER"
	if slices.ContainsFunc(rows, func(r Row) bool { return r.Host != "" }) {
		who = "ADDRESS"
	}
	_, _ = fmt.Fprintf(table, "NODE\t%s\tPATH\tCALLS\tMEAN s\tMEDIAN s\tP95 s\tMAX s\n", who) // Flush returns the error
	for _, r := range rows {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%.4f\t%.4f\t%.4f\t%.4f\n",
			r.Node, cmp.Or(r.Worker, r.Host, "-"), r.Path, r.Calls, r.Mean, r.Median, r.P95, r.Max)
	}
	return table.Flush()
}
