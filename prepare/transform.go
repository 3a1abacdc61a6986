package prepare

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// Transform prepares rows to be predicted. Columns are matched by name; others are ignored. The result may
// be rows.X itself, if nothing is to be done; else it is new, and rows stay as they are. What becomes of a row
// depends on that row alone. The error is a *learner.DataError, or ctx's.
func (p *Preparation) Transform(ctx context.Context, rows table.Rows) (*mat.Dense, error) {
	return p.transform(ctx, rows, nil)
}

// TransformTraining is Transform for rows that a model is fitted on: an encoding by the target leaves out the
// fold that a row is in. q is the question that the summary of the same rows answered.
func (p *Preparation) TransformTraining(ctx context.Context, q Question, rows table.Rows) (*mat.Dense, error) {
	return p.transform(ctx, rows, func(i int) int { return foldOf(q.Seed, q.FirstRow+uint64(i)) })
}

// Ignored lists the columns of rows that are not used, such as an id or the target.
func (p *Preparation) Ignored(columns []string) []string {
	var ignored []string
	for _, name := range columns {
		if !slices.ContainsFunc(p.Columns, func(c PreparedColumn) bool { return c.Name == name && c.Kind != Dropped }) {
			ignored = append(ignored, name)
		}
	}
	return ignored
}

// transform prepares rows; foldOf is the fold of a training row, nil for rows to predict.
func (p *Preparation) transform(ctx context.Context, rows table.Rows, foldOf func(int) int) (*mat.Dense, error) {
	x, err := p.encode(ctx, rows, foldOf)
	if err != nil || p.Kernel == nil || x.IsEmpty() {
		return x, err
	}
	return p.kernel().apply(ctx, x)
}

// encode makes the features of the columns.
func (p *Preparation) encode(ctx context.Context, rows table.Rows, foldOf func(int) int) (*mat.Dense, error) {
	all := p.compile()
	places, err := p.places(rows.Columns)
	if err != nil {
		return nil, err
	}
	for k := range all.columns {
		if all.columns[k].Kind == Numeric {
			if err := onlyNumbers(rows, places[k]); err != nil {
				return nil, err
			}
		}
	}
	count := rows.Len()
	if count == 0 {
		return &mat.Dense{}, ctx.Err()
	}
	_, width := rows.X.Dims()
	if all.identity && width == len(places) && inOrder(places) {
		return rows.X, ctx.Err()
	}
	coders := make([]*coder, len(all.columns))
	for k := range all.columns {
		if all.columns[k].Kind == Categorical {
			if coders[k], err = newCoder(&all.columns[k], rows, places[k], foldOf); err != nil {
				return nil, err
			}
		}
	}
	out := mat.NewDense(count, all.width, nil)
	return out, fill(ctx, out.RawMatrix(), all, rows, places, coders)
}

func inOrder(places []int) bool {
	for k, place := range places {
		if k != place {
			return false
		}
	}
	return true
}

// places finds the columns of the preparation among those of rows.
func (p *Preparation) places(columns []string) ([]int, error) {
	at := make(map[string]int, len(columns))
	for j, name := range columns {
		if _, twice := at[name]; twice {
			return nil, &learner.DataError{Row: -1, Column: j, Name: name, Reason: "two columns have this name"}
		}
		at[name] = j
	}
	var places []int
	for i := range p.Columns {
		c := &p.Columns[i]
		if c.Kind == Dropped {
			continue
		}
		j, has := at[c.Name]
		if !has {
			return nil, &learner.DataError{Row: -1, Column: -1, Name: c.Name, Reason: fmt.Sprintf("the column is missing: rows need the columns %q", p.Names())}
		}
		places = append(places, j)
	}
	return places, nil
}
