package program

import (
	"bytes"
	"strings"
	"testing"
)

// The word is found wherever it lies, also across the parts in which the file is read.
func TestContains(t *testing.T) {
	word := []byte("NEEDLE")
	for _, at := range []int{0, 1, 1<<20 - 7, 1<<20 - 6, 1<<20 - 3, 1 << 20, 1<<20 + 1, 2<<20 - 8, 3 << 20} {
		text := bytes.Repeat([]byte{'x'}, 3<<20+6)
		copy(text[at:], word)
		if found, err := contains(bytes.NewReader(text), word); err != nil || !found {
			t.Errorf("at %d: %t, %v", at, found, err)
		}
	}
	if found, err := contains(strings.NewReader("NEEDL"), word); err != nil || found {
		t.Errorf("what is not there: %t, %v", found, err)
	}
}
