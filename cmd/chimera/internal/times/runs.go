package times

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

const (
	latest      = "latest" // the run that began last
	namedAtOnce = 5        // runs that an error names at most
)

// Runs are the IDs of the runs in the log, the one that began last first: IDs begin with their time.
func (l *Log) Runs() []string {
	var ids []string
	for _, e := range l.endpoints {
		if e.run != "" {
			ids = append(ids, e.run)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	slices.Reverse(ids)
	return ids
}

// Find is the ID of a run: latest is the one that began last, and an ID may be shortened to the beginning that no other has.
func (l *Log) Find(word string) (id string, err error) {
	ids := l.Runs()
	if len(ids) == 0 {
		return "", errors.New("it does not say which calls belong to which run")
	}
	if word == latest {
		return ids[0], nil
	}
	if slices.Contains(ids, word) {
		return word, nil
	}
	begin := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return word == "" || !strings.HasPrefix(id, word) })
	switch len(begin) {
	case 0:
		return "", fmt.Errorf("it has no run %q; it has %s", word, some(ids))
	case 1:
		return begin[0], nil
	default:
		return "", fmt.Errorf("%q is the beginning of the IDs of %d runs: %s; say more of it", word, len(begin), some(begin))
	}
}

func some(ids []string) string {
	if len(ids) <= namedAtOnce {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:namedAtOnce], ", "), len(ids)-namedAtOnce)
}

// Of is the calls of one run.
func (l *Log) Of(run string) *Log {
	of := &Log{}
	for _, e := range l.endpoints {
		if e.run == run {
			of.endpoints = append(of.endpoints, e)
		}
	}
	return of
}

// Comparison is two runs beside each other.
type Comparison struct {
	A    string `json:"a"` // their IDs
	B    string `json:"b"`
	Rows []Pair `json:"rows"`
}

// Pair is one endpoint in two runs.
type Pair struct {
	Node   string   `json:"node"` // master or worker
	Worker string   `json:"worker,omitempty"`
	Path   string   `json:"path"`
	A      *Side    `json:"a,omitempty"` // nil if the run has no such call
	B      *Side    `json:"b,omitempty"`
	Ratio  *float64 `json:"ratio,omitempty"` // of the median of B to that of A; nil if there is none
}

// Side sums up the calls of one run to one endpoint. Times are in seconds.
type Side struct {
	Calls  int     `json:"calls"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
}

func (e endpoint) side() *Side {
	return &Side{len(e.seconds), quantile(0.5, e.seconds), quantile(0.95, e.seconds)}
}

// Compare compares two runs, endpoint by endpoint.
func (l *Log) Compare(a, b string) *Comparison {
	pairs := map[place]*Pair{}
	pair := func(e endpoint) *Pair {
		if pairs[e.place] == nil {
			pairs[e.place] = &Pair{Node: e.node, Worker: e.worker, Path: e.path}
		}
		return pairs[e.place]
	}
	for _, e := range l.endpoints {
		if e.run == a {
			pair(e).A = e.side()
		}
		if e.run == b {
			pair(e).B = e.side()
		}
	}
	c := &Comparison{A: a, B: b}
	for _, p := range pairs {
		if p.A != nil && p.B != nil && p.A.Median > 0 {
			ratio := p.B.Median / p.A.Median
			p.Ratio = &ratio
		}
		c.Rows = append(c.Rows, *p)
	}
	slices.SortFunc(c.Rows, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Worker, b.Worker))
	})
	return c
}

// Write prints the comparison as a table for people.
func (c *Comparison) Write(out io.Writer) error {
	if _, err := fmt.Fprintf(out, "A  %s\nB  %s\n\n", c.A, c.B); err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "NODE\tWORKER\tPATH\tCALLS A\tCALLS B\tMEDIAN A s\tMEDIAN B s\tB/A\tP95 A s\tP95 B s") // Flush returns the error
	for _, p := range c.Rows {
		a, b, ratio := p.A.cells(), p.B.cells(), "-"
		if p.Ratio != nil {
			ratio = fmt.Sprintf("%.2f", *p.Ratio)
		}
		_, _ = fmt.Fprintln(table, strings.Join([]string{
			p.Node, cmp.Or(p.Worker, "-"), p.Path, a[0], b[0], a[1], b[1], ratio, a[2], b[2],
		}, "\t"))
	}
	return table.Flush()
}

// cells are the calls, the median and the 95th percentile.
func (s *Side) cells() [3]string {
	if s == nil {
		return [3]string{"0", "-", "-"}
	}
	return [3]string{fmt.Sprint(s.Calls), fmt.Sprintf("%.4f", s.Median), fmt.Sprintf("%.4f", s.P95)}
}
