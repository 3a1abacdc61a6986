package split

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/internal/atomicfile"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// writer copies rows to their places.
type writer struct {
	options Options
	census  *census
	files   atomicfile.Set
	outs    [][2]*output // features and target, nil without one: one pair per worker, then the test set's
	parts   []Part       // in the same order
	line    []byte       // that is being written
	renamed []string     // columns
}

// output is a file that is being written, with what the manifest says of it.
type output struct {
	path string
	file *atomicfile.File
	size int64
	sum  hash.Hash
}

func (o *output) write(line []byte) error {
	o.size += int64(len(line))
	_, _ = o.sum.Write(line) // it never fails
	_, err := o.file.Write(line)
	return err
}

// open begins all files with their headers.
func (w *writer) open(rows *datafile.Reader) error {
	var headers [2][][]byte
	written := [][]datafile.Column{rows.Columns()}
	if t := rows.Target(); t != nil {
		written = append(written, []datafile.Column{*t})
	}
	for k, columns := range written {
		names, renamed := datafile.Header(columns...)
		for _, name := range names {
			headers[k] = append(headers[k], []byte(name))
		}
		w.renamed = append(w.renamed, renamed...)
	}
	targets := w.options.targets()
	for i := 0; i < len(targets); i += 2 {
		var pair [2]*output
		for k := range written {
			f, err := w.files.Create(targets[i+k])
			if err != nil {
				return err
			}
			pair[k] = &output{path: targets[i+k], file: f, sum: sha256.New()}
			w.line = appendRecord(w.line[:0], headers[k])
			if err := pair[k].write(w.line); err != nil {
				return err
			}
		}
		part := Part{}
		if len(w.outs) < len(w.options.Workers) {
			part.Worker = w.options.Workers[len(w.outs)].Worker
		}
		if w.census.Labels != nil {
			part.Counts = make([]int, len(w.census.Labels))
		}
		w.outs, w.parts = append(w.outs, pair), append(w.parts, part)
	}
	return nil
}

// copy goes through the data set once more.
func (w *writer) copy(ctx context.Context, deal deal) (err error) {
	rows, err := datafile.Open(w.options.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if err := w.open(rows); err != nil {
		return err
	}
	poll, targets := learner.NewPoll(ctx, pollRows), datafile.NewTargets()
	var fields [][]byte
	for n := range w.census.rows {
		if err := poll.Work(1); err != nil {
			return err
		}
		if w.options.Progress != nil && n%pollRows == 0 {
			w.options.Progress(n, w.census.rows)
		}
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return w.changed()
		}
		class := -1
		if w.census.Labels != nil {
			k, known := w.census.Index[targets.Label(row.Target)]
			if !known {
				return w.changed()
			}
			class = k
		}
		to, err := deal.next(class, row.Group)
		if err != nil {
			return w.changed()
		}
		fields = fields[:0]
		for _, c := range row.Cells {
			fields = append(fields, w.written(c))
		}
		if err := w.put(to, class, fields, row.Target.Raw); err != nil {
			return err
		}
	}
	if _, err := rows.Next(); !errors.Is(err, io.EOF) {
		return w.changed()
	}
	return nil
}

// written is what becomes of a cell: itself, or nothing where the user has said that it stands for a missing
// value, which no reader of the result would know.
func (w *writer) written(c datafile.Cell) []byte {
	if c.Kind == datafile.Missing && w.options.Data.Options.Missing != nil {
		return nil
	}
	return c.Raw
}

// changed is the error about a data set that is not what the first pass read.
func (w *writer) changed() error {
	return &dataio.Error{File: w.options.Data.Features, Reason: "the file has changed while it was read"}
}

// put writes a row to where it goes.
func (w *writer) put(to, class int, fields [][]byte, target []byte) error {
	places := []int{to}
	switch {
	case to == holdout:
		places[0] = len(w.options.Workers)
	case w.options.By.Kind == Replicate:
		places = places[:0]
		for i := range w.options.Workers {
			places = append(places, i)
		}
	}
	for _, to := range places {
		w.parts[to].Rows++
		if class >= 0 {
			w.parts[to].Counts[class]++
		}
		w.line = appendRecord(w.line[:0], fields)
		if err := w.outs[to][0].write(w.line); err != nil {
			return err
		}
		if w.outs[to][1] == nil {
			continue
		}
		w.line = appendRecord(w.line[:0], [][]byte{target})
		if err := w.outs[to][1].write(w.line); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) report() *Report {
	n := len(w.options.Workers)
	r := &Report{
		By: w.options.By.String(), Seed: w.options.Seed, Task: w.census.Task, Rows: w.census.rows, Groups: len(w.census.groups),
		Classes: w.census.Labels, Parts: w.parts[:n], Renamed: w.renamed,
	}
	if len(w.parts) > n {
		r.Test = &w.parts[n]
	}
	return r
}

// appendRecord appends a record of RFC 4180. A single empty field is written in quotes: a blank line is no record.
func appendRecord(line []byte, fields [][]byte) []byte {
	if len(fields) == 1 && len(fields[0]) == 0 {
		return append(line, '"', '"', '\n')
	}
	for i, f := range fields {
		if i > 0 {
			line = append(line, ',')
		}
		if !bytes.ContainsAny(f, ",\"\r\n") {
			line = append(line, f...)
			continue
		}
		line = append(line, '"')
		for rest := f; ; {
			before, after, found := bytes.Cut(rest, []byte{'"'})
			line = append(line, before...)
			if !found {
				break
			}
			line = append(line, '"', '"')
			rest = after
		}
		line = append(line, '"')
	}
	return append(line, '\n')
}
