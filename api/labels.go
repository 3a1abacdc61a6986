package api

import (
	"github.com/gochimera/chimera/learner"
)

// Labels is a list of labels with few distinct values.
type Labels []learner.Label

// MarshalJSON encodes the labels. Each distinct label is encoded only once.
func (l Labels) MarshalJSON() ([]byte, error) {
	known := map[learner.Label][]byte{}
	dst := append(make([]byte, 0, 8*len(l)+2), '[')
	for i, label := range l {
		if i > 0 {
			dst = append(dst, ',')
		}
		text, ok := known[label]
		if !ok {
			var err error
			if text, err = label.MarshalJSON(); err != nil {
				return nil, err
			}
			known[label] = text
		}
		dst = append(dst, text...)
	}
	return append(dst, ']'), nil
}
