package inspect

import (
	"math"
	"testing"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
)

// Targets beyond 2^53 leave a correlation few digits, but it is none beyond 1.
func TestCorrelationIsAtMostOne(t *testing.T) {
	number := func(v float64) datafile.Cell { return datafile.Cell{Kind: datafile.Number, Number: v} }
	var l link
	for i := range 120 {
		class := i % 3
		l.add(number(float64(class)+0.001*float64(i%7)), number(math.Ldexp(1, 53)+2*float64(class)), -1, class)
	}
	if r := l.correlation(); !(r >= -1 && r <= 1) {
		t.Errorf("the correlation is %v", r)
	}
}
