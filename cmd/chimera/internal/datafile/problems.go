package datafile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/internal/dataio"
)

// Place is where something is written.
type Place struct {
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"`  // from 1
	Field int    `json:"field,omitempty"` // cell of the line, from 1
}

// Problems are what is wrong with a data set, in the order in which it was found; alike ones are counted from
// some number on.
type Problems struct {
	List   []*dataio.Error
	Hidden int // further ones that are like those of the list

	alike map[string]int
}

// mostAlike is how many problems of a kind are listed.
const mostAlike = 10

// Add notes a problem of a kind.
func (p *Problems) Add(kind string, e *dataio.Error) {
	if p.alike == nil {
		p.alike = map[string]int{}
	}
	if p.alike[kind]++; p.alike[kind] > mostAlike {
		p.Hidden++
		return
	}
	p.List = append(p.List, e)
}

// Err is nil if there are none; else it joins them in the order of the files' lines.
func (p *Problems) Err() error {
	if len(p.List) == 0 {
		return nil
	}
	all := make([]error, 0, len(p.List)+1)
	list := slices.Clone(p.List)
	slices.SortStableFunc(list, func(a, b *dataio.Error) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	for _, e := range list {
		all = append(all, e)
	}
	if p.Hidden > 0 {
		all = append(all, &dataio.Error{File: p.List[0].File, Reason: fmt.Sprintf("and %d more like these", p.Hidden)})
	}
	return errors.Join(all...)
}
