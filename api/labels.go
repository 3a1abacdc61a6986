package api

import (
	"github.com/gochimera/chimera/learner"
)

// Labels is a list of labels with few distinct values.
type Labels []learner.Label

// MarshalJSON encodes the labels. Each distinct label is encoded only once.
func (l Labels) MarshalJSON() ([]byte, error) {
	return l.appendTo(make([]byte, 0, 8*len(l)+2), learner.Label.MarshalJSON)
}

// appendTo appends the labels as encode writes them.
func (l Labels) appendTo(dst []byte, encode func(learner.Label) ([]byte, error)) ([]byte, error) {
	known := map[learner.Label][]byte{}
	dst = append(dst, '[')
	for i, label := range l {
		if i > 0 {
			dst = append(dst, ',')
		}
		text, ok := known[label]
		if !ok {
			var err error
			if text, err = encode(label); err != nil {
				return nil, err
			}
			known[label] = text
		}
		dst = append(dst, text...)
	}
	return append(dst, ']'), nil
}
