package node

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"

	"github.com/gochimera/chimera/internal/dataio"
)

// rowsSum is a checksum of training rows: 16 hexadecimal digits of the SHA-256 of their columns, cells and
// targets, in their order. All missing values are alike.
func rowsSum(t *dataio.Table) string {
	s := &summer{sum: sha256.New()}
	s.text(t.Target)
	for j, name := range t.Columns {
		s.text(name)
		if texts := t.TextsOf(j); texts != nil {
			for _, v := range texts.Values {
				s.text(v)
			}
			for _, code := range texts.Codes {
				s.number(uint64(int64(code)))
			}
		}
	}
	for i := range t.Len() {
		for _, v := range t.X.RawRowView(i) {
			s.float(v)
		}
	}
	for _, c := range t.Classes {
		s.text(string(c))
	}
	for _, y := range t.Y {
		s.float(y)
	}
	s.flush()
	return hex.EncodeToString(s.sum.Sum(nil)[:8])
}

// summer hashes values, many at a time.
type summer struct {
	sum hash.Hash
	buf []byte
}

func (s *summer) number(v uint64) {
	const full = 4096
	s.buf = binary.LittleEndian.AppendUint64(s.buf, v)
	if len(s.buf) >= full {
		s.flush()
	}
}

func (s *summer) float(v float64) {
	if math.IsNaN(v) {
		v = math.NaN()
	}
	s.number(math.Float64bits(v))
}

func (s *summer) text(v string) {
	s.number(uint64(len(v)))
	s.buf = append(s.buf, v...)
}

func (s *summer) flush() {
	s.sum.Write(s.buf)
	s.buf = s.buf[:0]
}
