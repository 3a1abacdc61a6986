package dataio

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/suggest"
)

// FindColumn finds the column that a user means: by its name, or by its position from 1, or from the end: -1 is
// the last. A name goes before a position.
func FindColumn(columns []string, name string) (int, error) {
	if at := slices.Index(columns, cell.Name(name)); at >= 0 {
		return at, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(name))
	switch {
	case err != nil:
		return 0, fmt.Errorf("there is no column %q among the %d columns%s", name, len(columns), suggest.Hint(cell.Name(name), columns))
	case 1 <= n && n <= len(columns):
		return n - 1, nil
	case -len(columns) <= n && n <= -1:
		return len(columns) + n, nil
	}
	return 0, fmt.Errorf("there is no column %d: positions are 1 to %d, or -1 (the last) to -%d", n, len(columns), len(columns))
}
