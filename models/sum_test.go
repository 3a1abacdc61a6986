package models

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

// The checksum is that of SHA-256 over all that was added, however it comes: copied or not, in small pieces and in large ones.
func TestSum(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 3*blockSize+17)
	for i := range text {
		text[i] = byte(random.Uint32())
	}
	for _, size := range []int{0, 1, blockSize - 1, blockSize, blockSize + 1, len(text)} {
		want := sha256.Sum256(text[:size])
		for _, piece := range []int{7, 32 << 10, blockSize - 1, blockSize, 2*blockSize + 5} {
			var copied, kept sum
			scratch := make([]byte, piece)
			for rest := text[:size]; len(rest) > 0; {
				n := copy(scratch, rest)
				_, _ = copied.Write(scratch[:n])
				clear(scratch) // a writer may not keep what it was given
				kept.add(rest[:n])
				rest = rest[n:]
			}
			for name, s := range map[string]*sum{"copied": &copied, "kept": &kept} {
				if got := s.text(); got != hex.EncodeToString(want[:]) {
					t.Errorf("%d bytes in pieces of %d, %s: %s, want %x", size, piece, name, got, want)
				}
				s.end() // once more
			}
		}
	}
}

// What is dropped half way leaves no goroutine behind, also before it has begun.
func TestSumThatIsDropped(t *testing.T) {
	t.Parallel()
	var s sum
	s.end()
	_, _ = s.Write(make([]byte, 2*blockSize))
	done := s.done
	s.end()
	<-done
}
