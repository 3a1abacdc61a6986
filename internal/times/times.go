// Package times sums up a project's time log, in which masters keep the latency
// of every call to a worker and of every request.
//
// The room imports the standard library and gonum.
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

// Read sums a time log up, by node, address and path.
func Read(in io.Reader) ([]Row, error) {
	type key struct{ node, host, path string }
	seen := map[key][]float64{}
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		m := line.FindStringSubmatch(lines.Text())
		if m == nil {
			continue // a log that is being written may end anywhere
		}
		u, err := url.Parse(m[1])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		seconds, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		k := key{m[2], u.Host, u.Path}
		seen[k] = append(seen[k], seconds)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(seen) == 0 {
		return nil, errors.New("it has no calls yet")
	}
	var rows []Row
	for k, all := range seen {
		slices.Sort(all)
		rows = append(rows, Row{
			Node: k.node, Host: k.host, Path: k.path, Calls: len(all), Mean: stat.Mean(all, nil), Max: all[len(all)-1],
			Median: stat.Quantile(0.5, stat.Empirical, all, nil), P95: stat.Quantile(0.95, stat.Empirical, all, nil),
		})
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Host, b.Host))
	})
	return rows, nil
}

// Write prints rows as a table for people.
func Write(out io.Writer, rows []Row) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "NODE\tADDRESS\tPATH\tCALLS\tMEAN s\tMEDIAN s\tP95 s\tMAX s") // Flush tells the error
	for _, r := range rows {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%.4f\t%.4f\t%.4f\t%.4f\n", r.Node, r.Host, r.Path, r.Calls, r.Mean, r.Median, r.P95, r.Max)
	}
	return table.Flush()
}
