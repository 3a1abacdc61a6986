// Package times sums up a project's time log, in which masters keep the latency
// of every call to a worker and of every request, and draws it.
//
// The room imports the standard library, gonum and the room of pictures.
package times

import (
	"bufio"
	"cmp"
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

// Log is the calls of a time log, by endpoint.
type Log struct {
	endpoints []endpoint // by node, path and address
}

// endpoint is a path of one node.
type endpoint struct {
	node, host, path string
	seconds          []float64 // of each call, ascending
}

// Row sums up the calls of one endpoint. Times are in seconds.
type Row struct {
	Node   string  `json:"node"` // master or worker
	Host   string  `json:"host"`
	Path   string  `json:"path"`
	Calls  int     `json:"calls"`
	Mean   float64 `json:"mean"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	Max    float64 `json:"max"`
}

// line is a line of the log, which is that of the Python package.
var line = regexp.MustCompile(`^(\S+) (master|worker) endpoint latency = ([0-9.eE+-]+) s$`)

// Read reads a time log. One without calls is an error.
func Read(in io.Reader) (*Log, error) {
	type key struct{ node, host, path string }
	seen := map[key][]float64{}
	lines := bufio.NewScanner(in)
	n := 1
	for ; lines.Scan(); n++ {
		m := line.FindStringSubmatch(lines.Text())
		if m == nil {
			continue // a log that is being written may end anywhere
		}
		u, err := url.Parse(m[1])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		seconds, err := strconv.ParseFloat(m[3], 64)
		if err == nil && seconds < 0 {
			err = fmt.Errorf("a latency of %v s is negative", seconds)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		k := key{m[2], u.Host, u.Path}
		seen[k] = append(seen[k], seconds)
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
		l.endpoints = append(l.endpoints, endpoint{k.node, k.host, k.path, all})
	}
	slices.SortFunc(l.endpoints, func(a, b endpoint) int {
		return cmp.Or(cmp.Compare(a.node, b.node), cmp.Compare(a.path, b.path), cmp.Compare(a.host, b.host))
	})
	return l, nil
}

// Rows sums up each endpoint, by node, path and address.
func (l *Log) Rows() []Row {
	rows := make([]Row, len(l.endpoints))
	for i, e := range l.endpoints {
		rows[i] = Row{
			Node: e.node, Host: e.host, Path: e.path, Calls: len(e.seconds), Mean: stat.Mean(e.seconds, nil),
			Median: quantile(0.5, e.seconds), P95: quantile(0.95, e.seconds), Max: e.seconds[len(e.seconds)-1],
		}
	}
	return rows
}

func quantile(p float64, ascending []float64) float64 {
	return stat.Quantile(p, stat.Empirical, ascending, nil)
}

// Write prints rows as a table for people.
func Write(out io.Writer, rows []Row) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "NODE\tADDRESS\tPATH\tCALLS\tMEAN s\tMEDIAN s\tP95 s\tMAX s") // Flush returns the error
	for _, r := range rows {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%.4f\t%.4f\t%.4f\t%.4f\n", r.Node, r.Host, r.Path, r.Calls, r.Mean, r.Median, r.P95, r.Max)
	}
	return table.Flush()
}
