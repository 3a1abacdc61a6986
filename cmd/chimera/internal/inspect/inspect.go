package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
)

// Source is a data set, or a worker's part of one.
type Source struct {
	datafile.Source

	Worker string // in a project
}

// Options say how much is remembered.
type Options struct {
	Values int    // distinct values of a column; 0 is 65,536, or fewer if there are many columns
	Rows   int    // that later ones are compared with; 0 is 1,048,576
	Seed   uint64 // of the samples that quartiles are of
	// Prepare are the settings of a project, which say what some columns are; the zero value is auto.
	Prepare prepare.Settings
}

// What is remembered if nothing else is said.
const (
	mostValues   = 1 << 16
	leastValues  = 1 << 10
	valuesOfAll  = 1 << 23 // in all columns together: half a gigabyte at the worst
	rowsOfAll    = rememberedRows
	pollRows     = 1 << 12
	mostCategory = 255 // categories that `prepare: auto` encodes (max_categories)
)

// valuesOf is how many distinct values a column of a table so wide may have.
func (o Options) valuesOf(columns int) int {
	if o.Values > 0 {
		return o.Values
	}
	return max(leastValues, min(mostValues, valuesOfAll/max(columns, 1)))
}

func (o Options) rows() int {
	if o.Rows > 0 {
		return o.Rows
	}
	return rowsOfAll
}

// survey is an inspection under way.
type survey struct {
	options Options
	report  *Report
	columns []*column
	target  *column // nil if none is named
	meant   *datafile.Column
	targets *datafile.Targets
	repeats *repeats
	noted   datafile.Problems
}

// Inspect reads data sets, whose rows belong together. What is wrong with them is in the report; the error is a
// *dataio.Error for a file that is not there, or ctx's.
func Inspect(ctx context.Context, sources []Source, o Options) (*Report, error) {
	if o.Prepare.MaxCategories == 0 {
		o.Prepare.MaxCategories = prepare.DefaultMaxCategories
	}
	s := &survey{options: o, report: &Report{}, targets: datafile.NewTargets(), repeats: newRepeats(o.rows())}
	for _, source := range sources {
		if err := s.read(ctx, source); err != nil {
			return nil, err
		}
	}
	s.settle()
	return s.report, nil
}

// read reads one data set.
func (s *survey) read(ctx context.Context, source Source) (err error) {
	file := File{Name: source.Features, Target: source.Target, Worker: source.Worker}
	defer func() { s.report.Files = append(s.report.Files, file) }()
	rows, err := datafile.Open(source.Source)
	if err != nil {
		var e *dataio.Error
		if !errors.As(err, &e) || errors.Is(err, os.ErrNotExist) && source.Worker == "" {
			return err
		}
		s.noted.Add("file", e)
		return nil
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	file.Format = describe(rows.Format())
	places, ok := s.match(rows, source)
	if !ok {
		return nil
	}
	cells := make([]datafile.Cell, len(s.columns))
	poll := learner.NewPoll(ctx, pollRows)
	for {
		if err := poll.Work(1); err != nil {
			return err
		}
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		file.Rows++
		for i, at := range places {
			cells[at] = row.Cells[i]
		}
		s.add(row, cells, rows)
	}
	p := rows.Problems()
	for _, e := range p.List {
		s.noted.Add("rows of "+source.Features, e) // no more of a kind than one file has
	}
	s.noted.Hidden += p.Hidden
	return nil
}

// add takes a row, its cells in the order of the columns.
func (s *survey) add(row datafile.Row, cells []datafile.Cell, rows *datafile.Reader) {
	s.report.Rows++
	class := -1
	if s.target != nil {
		class = s.target.add(row.Target, row.TargetPlace)
		s.targets.Add(row.Target, row.TargetPlace, rows.Target())
	}
	for j, c := range s.columns {
		place := row.Place
		place.Field = c.position
		value := c.add(cells[j], place)
		if s.target != nil {
			c.link.add(cells[j], row.Target, value, class)
		}
	}
	s.repeats.add(cells, row.Target, row.Place)
}

// match finds where the columns of a source are among those of the first one, and makes them for the first.
func (s *survey) match(rows *datafile.Reader, source Source) (places []int, ok bool) {
	columns := rows.Columns()
	if s.columns == nil {
		limit := s.options.valuesOf(len(columns))
		for _, c := range columns {
			s.columns = append(s.columns, newColumn(c.Name, c.Position, limit, s.options.Seed))
			places = append(places, len(places))
		}
		if t := rows.Target(); t != nil {
			s.target, s.meant = newColumn(t.Name, t.Position, limit, s.options.Seed), t
			for _, c := range s.columns {
				c.link = &link{}
			}
		}
		return places, true
	}
	index := map[string]int{}
	for j, c := range s.columns {
		index[c.name] = j
	}
	var further []string
	for _, c := range columns {
		at, known := index[c.Name]
		if !known {
			further = append(further, c.Name)
			continue
		}
		places = append(places, at)
		delete(index, c.Name)
	}
	var missing []string
	for _, c := range s.columns {
		if _, not := index[c.name]; not {
			missing = append(missing, c.name)
		}
	}
	if further == nil && missing == nil {
		return places, true
	}
	var parts []string
	if missing != nil {
		parts = append(parts, "lacks "+strings.Join(missing, ", "))
	}
	if further != nil {
		parts = append(parts, "has further "+strings.Join(further, ", "))
	}
	s.noted.Add("columns", &dataio.Error{File: source.Features,
		Reason: fmt.Sprintf("the file %s, compared with %s: all workers need the same columns", strings.Join(parts, " and "), s.report.Files[0].Name)})
	return nil, false
}

// describe says in words how a file is written.
func describe(f dataio.Format) string {
	parts := []string{f.Name}
	if f.Name == dataio.CSV {
		switch f.Delimiter {
		case ",":
			parts = append(parts, "commas")
		case ";":
			parts = append(parts, "semicolons")
		case "\t":
			parts = append(parts, "tabs")
		case " ":
			parts = append(parts, "blanks")
		default:
			parts = append(parts, f.Delimiter)
		}
		if f.Header {
			parts = append(parts, "a header")
		} else {
			parts = append(parts, "no header")
		}
	}
	for _, more := range []string{f.Encoding, f.Compression} {
		if more != "" {
			parts = append(parts, more)
		}
	}
	return strings.Join(parts, ", ")
}
