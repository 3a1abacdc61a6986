package split

import (
	"context"
	"errors"
	"io"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/learner"
)

// census is what the first pass finds.
type census struct {
	datafile.Classes

	rows   int
	groups []group // in the order in which they occur first; nil if rows are dealt one by one
}

// group is how many rows belong together.
type group struct {
	name string
	rows int
}

// pollRows is how many rows are read between two checks of the context.
const pollRows = 1 << 12

// count reads the data set once. The error joins one *dataio.Error for each thing that is wrong.
func count(ctx context.Context, source datafile.Source, noTarget bool) (_ *census, err error) {
	rows, err := datafile.Open(source)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if rows.Target() == nil && !noTarget {
		return nil, &dataio.Error{File: source.Features, Reason: "no target is named: name its column, --target NAME, or a second file that holds it"}
	}
	c, targets, groups := &census{}, datafile.NewTargets(), map[string]int{}
	poll := learner.NewPoll(ctx, pollRows)
	for {
		if err := poll.Work(1); err != nil {
			return nil, err
		}
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		c.rows++
		if !noTarget {
			targets.Add(row.Target, row.TargetPlace, rows.Target())
		}
		if source.Group == "" {
			continue
		}
		at, known := groups[string(row.Group)]
		if !known {
			at = len(c.groups)
			groups[string(row.Group)] = at
			c.groups = append(c.groups, group{name: string(row.Group)})
		}
		c.groups[at].rows++
	}
	problems := rows.Problems()
	if !noTarget {
		c.Classes = targets.Settle(problems)
	}
	if c.rows == 0 && len(problems.List) == 0 {
		return nil, &dataio.Error{File: source.Features, Reason: "the file has a header and no rows"}
	}
	return c, problems.Err()
}
