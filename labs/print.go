package labs

import (
	"fmt"
	"io"
	"strings"
)

// lineWidth is how long a line of text is at most.
const lineWidth = 100

// wrapped breaks text into lines; those after the first are indented like it.
func wrapped(indent, first, text string) string {
	var b strings.Builder
	line := indent + first
	for i, word := range strings.Fields(text) {
		if i > 0 && len([]rune(line))+1+len([]rune(word)) > lineWidth {
			b.WriteString(line + "\n")
			line = indent + strings.Repeat(" ", len([]rune(first))) + word
			continue
		}
		if i > 0 {
			line += " "
		}
		line += word
	}
	return b.String() + line + "\n"
}

// Print prints what a lab asks, for people, before it runs.
func (l Lab) Print(out io.Writer) error {
	_, err := io.WriteString(out, l.Title+"\n\n"+wrapped("", "", l.Asks)+"\n")
	return err
}

// Print prints the result for people.
func (r *Result) Print(out io.Writer) error {
	for _, t := range r.Tables {
		if t.Hidden {
			continue
		}
		if err := t.Print(out); err != nil {
			return err
		}
	}
	var b strings.Builder
	b.WriteString("\n")
	for _, f := range r.Findings {
		b.WriteString(wrapped("", "", f))
	}
	if len(r.Checks) > 0 {
		b.WriteString("\nExpected\n")
	}
	for _, c := range r.Checks {
		b.WriteString(wrapped("  ", c.verdict(), c.Expected+": "+c.Found))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// verdict begins the line of a check.
func (c Check) verdict() string {
	switch {
	case c.Held:
		return "yes  "
	case c.Must:
		return "NO   "
	default:
		return "no   "
	}
}

// PrintMore prints what the lab leaves to its reader: what to see, questions, variations.
func (l Lab) PrintMore(out io.Writer) error {
	var b strings.Builder
	b.WriteString("\nWhat to expect\n" + wrapped("  ", "", l.Expect))
	b.WriteString("\nQuestions\n")
	for _, q := range l.Questions {
		b.WriteString(wrapped("  ", "- ", q))
	}
	b.WriteString("\nVary it\n")
	for _, v := range l.Vary {
		b.WriteString(wrapped("  ", "- ", v))
	}
	_, err := fmt.Fprint(out, b.String())
	return err
}
