package inspect

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Style is how a report is printed.
type Style struct {
	Width int                 // of the terminal, in runes; 0 cuts nothing
	Bad   func(string) string // marks what is wrong; may be nil
	Note  func(string) string // marks what should be noticed; may be nil
}

// Write prints the report for people.
func (r *Report) Write(out io.Writer, style Style) error {
	var b strings.Builder
	for _, f := range r.Files {
		b.WriteString(f.line() + "\n")
	}
	if len(r.Columns) > 0 {
		b.WriteByte('\n')
		for _, line := range align(r.table()) {
			if style.Width > 0 {
				line = cut(line, style.Width)
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	if r.Target != nil {
		b.WriteByte('\n')
		r.Target.write(&b, r.Rows)
	}
	if len(r.Advice) > 0 {
		b.WriteString("\n" + mark(style.Note, "advice") + "\n")
		for _, a := range r.Advice {
			wrap(&b, a.Text, style.Width)
		}
	}
	if len(r.Problems) > 0 {
		b.WriteString("\n" + mark(style.Bad, "cannot be trained on") + "\n")
		for _, p := range r.Problems {
			wrap(&b, p.text, style.Width)
		}
		if r.Hidden > 0 {
			fmt.Fprintf(&b, "  and %d more like these\n", r.Hidden)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func mark(paint func(string) string, text string) string {
	if paint == nil {
		return text
	}
	return paint(text)
}

func (f File) line() string {
	text := f.Name
	if f.Target != "" {
		text += " and " + f.Target
	}
	if f.Worker != "" {
		text = f.Worker + ": " + text
	}
	if text += ": " + many(f.Rows, "row"); f.Format != "" {
		text += " (" + f.Format + ")"
	}
	return text
}

// table has a line a column. Numbers of cells are to the right.
func (r *Report) table() [][]string {
	lines := [][]string{{"", "column", "kind", right + "missing", right + "distinct", "values"}}
	for _, c := range r.Columns {
		distinct := grouped(c.Distinct)
		if c.Capped {
			distinct = ">" + distinct
		}
		missing := ""
		if c.Missing > 0 {
			missing = grouped(c.Missing)
		}
		lines = append(lines, []string{right + fmt.Sprint(c.Position), clip(c.Name), string(c.Kind), right + missing, right + distinct, c.values(r.Rows)})
	}
	return lines
}

// values says what is in a column.
func (c Column) values(rows int) string {
	if c.Range == nil && len(c.Frequent) == 0 {
		return c.Why
	}
	if c.Texts == 0 {
		return c.why() + c.Range.String()
	}
	var parts []string
	for _, f := range c.Frequent {
		parts = append(parts, fmt.Sprintf("%s %s", clip(string(f.Value)), share(f.Rows, rows)))
	}
	text := strings.Join(parts, ", ")
	if c.Distinct > len(c.Frequent) {
		text += ", …"
	}
	return c.why() + text
}

func (c Column) why() string {
	if c.Why == "" {
		return ""
	}
	return c.Why + ": "
}

// String is the five numbers of Tukey and the first two moments.
func (r Range) String() string {
	text := fmt.Sprintf("%s … %s … %s … %s … %s, mean %s, sd %s",
		number(r.Min), number(r.Q1), number(r.Median), number(r.Q3), number(r.Max), number(r.Mean), number(r.SD))
	if r.Sample > 0 {
		text += fmt.Sprintf(" (quartiles of a sample of %s)", grouped(r.Sample))
	}
	return text
}

// share is a part of all rows, so that what is not all is not 100 %, nor what is there 0 %.
func share(n, of int) string {
	percent := 100 * float64(n) / float64(max(of, 1))
	switch {
	case n == of:
		return "100 %"
	case percent >= 99.5:
		return ">99 %"
	case percent <= 0.5 && n > 0:
		return "<1 %"
	}
	return fmt.Sprintf("%.0f %%", percent)
}

// write prints the target: its classes with bars, or its range.
func (t *Target) write(b *strings.Builder, rows int) {
	const shown, width = 12, 32
	fmt.Fprintf(b, "target %s: ", t.Name)
	if len(t.Classes) == 0 {
		fmt.Fprintf(b, "%s, %s different values\n", t.Task, grouped(t.Distinct))
		if t.Range != nil {
			fmt.Fprintf(b, "  %s\n", t.Range)
		}
		return
	}
	fmt.Fprintf(b, "%s, %s\n", t.Task, strings.Replace(many(len(t.Classes), "class"), "classs", "classes", 1))
	if t.Range != nil && len(t.Classes) > plainClasses {
		fmt.Fprintf(b, "  %s\n", t.Range)
	}
	most := 1
	for _, c := range t.Classes {
		most = max(most, c.Rows)
	}
	var lines [][]string
	for _, c := range t.Classes[:min(shown, len(t.Classes))] {
		bar := strings.Repeat("█", max(1, (c.Rows*width+most/2)/most))
		lines = append(lines, []string{"", clip(string(c.Value)), right + grouped(c.Rows), right + share(c.Rows, rows), bar})
	}
	for _, line := range align(lines) {
		b.WriteString(line + "\n")
	}
	if len(t.Classes) > shown {
		fmt.Fprintf(b, "  and %d further classes\n", len(t.Classes)-shown)
	}
}

// right begins a cell that is set to the right of its column.
const right = "\t"

// align makes lines of cells, two blanks between them.
func align(lines [][]string) []string {
	var widths []int
	for _, cells := range lines {
		for j, c := range cells {
			if len(widths) == j {
				widths = append(widths, 0)
			}
			widths[j] = max(widths[j], utf8.RuneCountInString(strings.TrimPrefix(c, right)))
		}
	}
	out := make([]string, len(lines))
	for i, cells := range lines {
		var b strings.Builder
		for j, c := range cells {
			text, toRight := strings.CutPrefix(c, right)
			pad := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(text))
			if j > 0 {
				b.WriteString("  ")
			}
			switch {
			case toRight:
				b.WriteString(pad + text)
			case j < len(cells)-1:
				b.WriteString(text + pad)
			default:
				b.WriteString(text)
			}
		}
		out[i] = b.String()
	}
	return out
}

// wrap prints a sentence as an item of a list, its lines as wide as the terminal.
func wrap(b *strings.Builder, text string, width int) {
	b.WriteString("  - ")
	at := 4
	for i, word := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case width > 0 && at+1+n > width:
			b.WriteString("\n    ")
			at = 4
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	b.WriteByte('\n')
}
