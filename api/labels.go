package api

import (
	"github.com/gochimera/chimera/learner"
)

// Labels is a list of labels, of which there are few different ones.
type Labels []learner.Label

// MarshalJSON writes each label as it writes itself, which is worked out once
// for each.
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
