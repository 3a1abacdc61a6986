package kubernetes

import (
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/internal/lines"
)

// The last line of a container, which need not end, is not gone on with by the first of the next one.
func TestLogsOfTwoContainers(t *testing.T) {
	var got []string
	r := &reader{lines: lines.New(func(line string) { got = append(got, line) })}
	for _, log := range []string{
		"2026-11-30T10:00:00.1Z first\n2026-11-30T10:00:00.2Z cut off",
		"2026-11-30T10:00:00.2Z cut off",
		"2026-11-30T10:00:00.3Z another\n",
	} {
		if err := r.take(strings.NewReader(log)); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"first", "cut off", "another"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
