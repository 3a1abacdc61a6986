package labs

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"gonum.org/v1/plot/vg"

	"github.com/gochimera/chimera/internal/atomicfile"
	"github.com/gochimera/chimera/internal/picture"
)

// The height of a row of panels.
const panelHeight = 6.5 * vg.Centimeter

// Write writes the tables (CSV) and plots (SVG) of a result into a folder, and returns the files' names.
func (r *Result) Write(dir string) (names []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	write := func(name string, fill func(io.Writer) error) error {
		f, err := atomicfile.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if err := fill(f); err != nil {
			_ = f.Abort() // the first error is the one to report
			return err
		}
		names = append(names, name)
		return f.Commit()
	}
	for _, t := range r.Tables {
		if err := write(t.Name+".csv", t.CSV); err != nil {
			return names, err
		}
	}
	for _, p := range r.Plots {
		if err := write(p.Name+".svg", p.SVG); err != nil {
			return names, err
		}
	}
	return names, nil
}

// SVG draws the plot.
func (p Plot) SVG(out io.Writer) error {
	return picture.WriteRows(out, "svg", p.Panels, max(1, p.Beside), panelHeight)
}

// CSV writes the table with a header; numbers are whole, so that they are the same when they are read.
func (t Table) CSV(out io.Writer) error {
	w := csv.NewWriter(out)
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		line[i] = c.Name
	}
	if err := w.Write(line); err != nil {
		return err
	}
	for _, row := range t.Rows {
		for i, cell := range row {
			line[i] = exact(cell)
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// exact is a cell as a program reads it.
func exact(cell any) string {
	switch v := cell.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// Print prints the table for people.
func (t Table) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "%s\n", t.Title) // Flush returns the error
	var names []string
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	_, _ = fmt.Fprintf(w, "  %s\n", strings.Join(names, "\t"))
	for _, row := range t.Rows {
		var cells []string
		for i, cell := range row {
			cells = append(cells, t.Columns[i].print(cell))
		}
		_, _ = fmt.Fprintf(w, "  %s\n", strings.Join(cells, "\t"))
	}
	return w.Flush()
}

func (c Column) print(cell any) string {
	v, isNumber := cell.(float64)
	switch {
	case cell == nil:
		return "-"
	case isNumber && c.Form != "":
		return fmt.Sprintf(c.Form, v)
	default:
		return exact(cell)
	}
}
