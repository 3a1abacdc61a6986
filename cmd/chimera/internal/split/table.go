package split

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

const (
	chartWidth   = 48
	shownClasses = 8 // more would not fit a line
)

// fills draw the classes apart in the chart, without colour.
var fills = []rune{'█', '▒', '▓', '░', '#', '=', '+', '-'}

// Write prints the report for people: a table of rows and classes, a bar chart of
// the same.
func (r *Report) Write(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rows%s split by %s, seed %d\n\n", r.Rows, r.inGroups(), r.By, r.Seed)
	if err := r.table(&b); err != nil {
		return err
	}
	b.WriteByte('\n')
	r.chart(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

func (r *Report) inGroups() string {
	if r.Groups == 0 {
		return ""
	}
	return fmt.Sprintf(" in %d groups", r.Groups)
}

func (r *Report) parts() []Part {
	parts := r.Parts
	if r.Test != nil {
		parts = append(parts[:len(parts):len(parts)], *r.Test)
	}
	return parts
}

func (p Part) name() string {
	if p.Worker == "" {
		return "(test)"
	}
	return p.Worker
}

func (r *Report) table(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	cells := []string{"worker", "rows"}
	showClasses := r.Classes != nil && len(r.Classes) <= shownClasses
	if showClasses {
		for _, c := range r.Classes {
			cells = append(cells, clip(string(c)))
		}
	}
	if r.Classes != nil {
		cells = append(cells, "skew")
	}
	line := func(cells []string) { _, _ = fmt.Fprintln(table, strings.Join(cells, "\t")+"\t") } // Flush returns the error
	line(cells)
	for _, p := range r.parts() {
		cells := []string{p.name(), fmt.Sprint(p.Rows)}
		if showClasses {
			for _, n := range p.Counts {
				cells = append(cells, fmt.Sprint(n))
			}
		}
		if r.Classes != nil {
			cells = append(cells, fmt.Sprintf("%.2f", r.skew(p)))
		}
		line(cells)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if r.Classes != nil {
		_, err := fmt.Fprintln(out, "\nskew: how far a worker's classes are from those of all rows (total variation; 0 the same, 1 none in common)")
		return err
	}
	return nil
}

// skew is the total variation distance between a part's class shares and those
// of all parts together.
func (r *Report) skew(p Part) float64 {
	all, total := make([]int, len(p.Counts)), 0
	for _, part := range r.parts() {
		for c, n := range part.Counts {
			all[c] += n
			total += n
		}
	}
	var distance float64
	for c, n := range p.Counts {
		distance += math.Abs(float64(n)/float64(p.Rows)-float64(all[c])/float64(total)) / 2
	}
	return distance
}

// chart draws a bar a part, as long as it has rows, in the classes' fills.
func (r *Report) chart(b *strings.Builder) {
	most, width := 1, 0
	for _, p := range r.parts() {
		most, width = max(most, p.Rows), max(width, utf8.RuneCountInString(p.name()))
	}
	for _, p := range r.parts() {
		fmt.Fprintf(b, "%*s |%s\n", width, p.name(), bar(p, most))
	}
	if n := len(r.Classes); n > 0 && n <= len(fills) {
		b.WriteString(strings.Repeat(" ", width))
		for c, label := range r.Classes {
			fmt.Fprintf(b, "  %c %s", fills[c], clip(string(label)))
		}
		b.WriteByte('\n')
	}
}

func bar(p Part, most int) string {
	length := max(1, int(math.Round(float64(chartWidth)*float64(p.Rows)/float64(most))))
	if len(p.Counts) == 0 || len(p.Counts) > len(fills) {
		return strings.Repeat(string(fills[0]), length)
	}
	var b strings.Builder
	for c, n := range apportion(length, floats(p.Counts)) {
		b.WriteString(strings.Repeat(string(fills[c]), n))
	}
	return b.String()
}

// clip shortens a class's name to fit a column.
func clip(s string) string {
	const most = 16
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
