package worker

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
)

// rowsSum identifies the worker's copy of the rows as they are in its file: columns in the fit's order, the bits of all
// values, the texts, and the targets. Stages must not train on copies that differ.
func (w *stage) rowsSum(s *session) string {
	rows, y, classes, err := w.Typed()
	if err != nil { // they were loaded a moment ago, so they still are
		return ""
	}
	columns := s.Features
	if s.Prepared != nil {
		columns = s.Prepared.Question.Columns
	}
	at := make(map[string]int, len(rows.Columns))
	for j, name := range rows.Columns {
		at[name] = j
	}
	h := sha256.New()
	for _, name := range columns {
		_, _ = fmt.Fprintf(h, "%q,", name) // a hash never returns an error
	}
	line := make([]float64, len(columns)+1)
	for i, target := range y {
		x := rows.X.RawRowView(i)
		for k, name := range columns {
			line[k] = x[at[name]]
			if text, is := rows.Text(i, at[name]); is {
				_, _ = fmt.Fprintf(h, "%d %q,", k, text)
			}
		}
		line[len(columns)] = target
		writeFloats(h, line)
	}
	for _, c := range classes {
		_, _ = fmt.Fprintf(h, "%q,", string(c))
	}
	return sum(h)
}

// orderSum identifies what the stage derives from the seed: the order of the first epoch's rows, by
// their IDs, and which rows are held out.
func (s *session) orderSum() string {
	h := sha256.New()
	write := func(id uint64) { _, _ = h.Write(binary.LittleEndian.AppendUint64(nil, id)) } // a hash never returns an error
	for _, r := range s.order.Of(0) {
		write(s.train.Row(r))
	}
	write(math.MaxUint64)
	for i := range s.held.Len() {
		write(s.held.Row(i))
	}
	return sum(h)
}

func writeFloats(h hash.Hash, values []float64) {
	b := make([]byte, 0, 8*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	_, _ = h.Write(b)
}

// sum is a prefix of a hash, which is enough to tell copies apart.
func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)[:8]) }
