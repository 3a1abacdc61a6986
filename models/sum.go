package models

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

const (
	blockSize = 256 << 10 // bytes that are hashed at once
	ahead     = 16        // blocks that may wait to be hashed
)

// sum is the SHA-256 of a part, which takes longer than writing or reading it does: beyond its first block it is computed beside
// that, by a goroutine that ends with text or end. The zero value is empty and ready.
type sum struct {
	hash   hash.Hash
	block  []byte        // what is not handed over yet
	blocks chan block    // nil before the first is full
	spare  chan []byte   // of blocks that are hashed, to be filled again
	done   chan struct{} // closed when the goroutine has ended
}

// block is what the goroutine hashes next.
type block struct {
	bytes []byte
	ours  bool // nobody else has this memory
}

// Write adds a copy of p.
func (s *sum) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		k := min(len(p), blockSize-len(s.block))
		s.block, p = append(s.block, p[:k]...), p[k:]
		if len(s.block) == blockSize {
			s.begin()
			s.blocks <- block{s.block, true}
			s.block = s.empty()
		}
	}
	return n, nil
}

// add adds p itself, which does not change until text or end has returned.
func (s *sum) add(p []byte) {
	if len(p) < blockSize && s.blocks == nil {
		_, _ = s.Write(p) // never fails
		return
	}
	s.begin()
	if len(s.block) > 0 {
		s.blocks <- block{s.block, true}
		s.block = nil
	}
	s.blocks <- block{p, false}
}

// begin starts the goroutine, if it is not running.
func (s *sum) begin() {
	if s.blocks != nil {
		return
	}
	s.state()
	s.blocks, s.spare, s.done = make(chan block, ahead), make(chan []byte, ahead), make(chan struct{})
	go func() {
		defer close(s.done)
		for b := range s.blocks {
			s.hash.Write(b.bytes)
			if !b.ours {
				continue
			}
			select {
			case s.spare <- b.bytes[:0]:
			default:
			}
		}
	}()
}

// empty is memory for a block.
func (s *sum) empty() []byte {
	select {
	case b := <-s.spare:
		return b
	default:
		return make([]byte, 0, blockSize)
	}
}

func (s *sum) state() hash.Hash {
	if s.hash == nil {
		s.hash = sha256.New()
	}
	return s.hash
}

// end ends the goroutine. It may be called more than once.
func (s *sum) end() {
	if s.blocks != nil {
		close(s.blocks)
		<-s.done
		s.blocks = nil
	}
}

// text is the checksum of all that was added, in hexadecimal.
func (s *sum) text() string {
	s.end()
	s.state().Write(s.block)
	s.block = nil
	return hex.EncodeToString(s.hash.Sum(nil))
}
