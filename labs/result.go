package labs

import (
	"fmt"

	"gonum.org/v1/plot"
)

// Result is what a lab has found.
type Result struct {
	Lab      string            `json:"lab"`
	Seed     uint64            `json:"seed"`
	Given    map[string]string `json:"set,omitzero"` // parameters that were given
	Seconds  float64           `json:"seconds"`
	Tables   []Table           `json:"tables"`
	Findings []string          `json:"findings"` // sentences, with numbers
	Checks   []Check           `json:"checks"`
	Plots    []Plot            `json:"-"`
}

// Check is something that was expected, and whether it came so.
type Check struct {
	Expected string `json:"expected"`
	Found    string `json:"found"`
	Held     bool   `json:"held"`
	Must     bool   `json:"must"` // it holds by arithmetic: if it did not, the program is wrong, not the expectation
}

// find adds a finding.
func (r *Result) find(format string, args ...any) {
	r.Findings = append(r.Findings, fmt.Sprintf(format, args...))
}

// must adds a check of something that holds by arithmetic.
func (r *Result) must(held bool, expected, found string, args ...any) {
	r.Checks = append(r.Checks, Check{Expected: expected, Found: fmt.Sprintf(found, args...), Held: held, Must: true})
}

// expect adds a check of something that is likely, and that chance or other parameters may change.
func (r *Result) expect(held bool, expected, found string, args ...any) {
	r.Checks = append(r.Checks, Check{Expected: expected, Found: fmt.Sprintf(found, args...), Held: held})
}

// Broken are the checks that must hold and do not.
func (r *Result) Broken() (broken []Check) {
	for _, c := range r.Checks {
		if c.Must && !c.Held {
			broken = append(broken, c)
		}
	}
	return broken
}

// Table is a table of a lab, which becomes a file NAME.csv.
type Table struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Columns []Column `json:"columns"`
	Rows    [][]any  `json:"rows"`             // each cell is a string, an int, a float64, or nil if there is nothing to say
	Hidden  bool     `json:"hidden,omitempty"` // too long for a terminal: it is in the file only
}

// Column is a column of a table.
type Column struct {
	Name string `json:"name"`
	Form string `json:"-"` // how its numbers are printed, as %.1f; in the file they are whole
}

// add adds a row.
func (t *Table) add(cells ...any) { t.Rows = append(t.Rows, cells) }

// Plot is a picture of a lab, which becomes a file NAME.svg.
type Plot struct {
	Name   string
	Panels []*plot.Plot
	Beside int // panels in a row; 0 is one
}
