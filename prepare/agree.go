package prepare

import (
	"errors"
	"fmt"

	"github.com/gochimera/chimera/learner"
)

// Agree merges summaries in their order and makes one preparation for all rows: the one that a single summary
// of all rows would give, to the bit.
func Agree(q Question, summaries []*Summary) (*Preparation, error) {
	plans, err := q.plans()
	if err != nil {
		return nil, err
	}
	if err := checkAll(q, summaries); err != nil {
		return nil, err
	}
	return agree(q, plans, &sources{summaries: []*Summary{merge(q, plans, summaries)}})
}

// AgreeRobustly makes a preparation that up to faulty workers cannot bend far, whatever they report: each number
// of it is the middle (such as the median) of what the workers' own rows give, and a category, a missing cell
// or too many categories count only if more than faulty workers have them. middle may change its argument.
func AgreeRobustly(q Question, summaries []*Summary, faulty int, middle func([]float64) float64) (*Preparation, error) {
	plans, err := q.plans()
	if err != nil {
		return nil, err
	}
	if err := checkAll(q, summaries); err != nil {
		return nil, err
	}
	if q.wantsLandmarks() > 0 {
		return nil, errors.New("kernel_approximation is nystroem, which takes rows of the workers for landmarks, and a faulty worker could choose them: " +
			"set it to rbf-sampler, which takes none")
	}
	if faulty < 0 || len(summaries) <= faulty {
		return nil, fmt.Errorf("there are %d summaries, of which %d may be wrong: want more", len(summaries), faulty)
	}
	return agree(q, plans, &sources{summaries: summaries, faulty: faulty, middle: middle})
}

func checkAll(q Question, summaries []*Summary) error {
	if len(summaries) == 0 {
		return errors.New("there is no summary to make a preparation of")
	}
	rows := 0
	for i, s := range summaries {
		if s == nil {
			return fmt.Errorf("summary %d is missing", i)
		}
		if err := s.Check(q, s.Rows); err != nil {
			return fmt.Errorf("summary %d: %w", i, err)
		}
		rows += s.Rows
	}
	if rows == 0 {
		return &learner.DataError{Row: -1, Column: -1, Reason: "no rows to prepare"}
	}
	return nil
}

// sources are the summaries that a preparation is made of: a single one of all rows, or, if some workers may be
// wrong, one per worker.
type sources struct {
	summaries []*Summary
	faulty    int
	middle    func([]float64) float64
}

// rows is the number of all rows.
func (s *sources) rows() (n int) {
	for _, one := range s.summaries {
		n += one.Rows
	}
	return n
}

// of is the middle of numbers, one for each source that has an opinion.
func (s *sources) of(numbers []float64) float64 {
	if len(numbers) == 1 {
		return numbers[0]
	}
	return s.middle(numbers)
}

// believed reports whether something is true of a column, because more sources than may be wrong say so.
func (s *sources) believed(j int, is func(ColumnSummary, int) bool) bool {
	say := 0
	for _, one := range s.summaries {
		if is(one.Columns[j], one.Rows) {
			say++
		}
	}
	return say > s.faulty
}

func agree(q Question, plans []plan, from *sources) (*Preparation, error) {
	p := &Preparation{Version: plainVersion, Columns: make([]PreparedColumn, len(plans))}
	kept := 0
	for j := range plans {
		c, err := agreeColumn(q, &plans[j], from, j)
		if err != nil {
			return nil, &learner.DataError{Row: -1, Column: j, Name: plans[j].name, Reason: err.Error()}
		}
		c.Name = plans[j].name
		p.Columns[j] = c
		if c.Kind != Dropped {
			kept++
		}
	}
	if kept == 0 {
		return nil, &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("no column is left to learn from: %q", p.Notes())}
	}
	if !q.Settings.approximates() {
		return p, nil
	}
	kernel, err := agreeKernel(q, p, from)
	if err != nil {
		return nil, err
	}
	return &Preparation{Version: Version, Columns: p.Columns, Kernel: kernel}, nil
}

// agreeColumn makes the preparation of one column. The error is a reason, without the column's name.
func agreeColumn(q Question, p *plan, from *sources, j int) (PreparedColumn, error) {
	if p.kind == Dropped {
		return PreparedColumn{Kind: Dropped, Note: "left out, as prepare says"}, nil
	}
	if q.Settings.Mode != None && !from.believed(j, func(c ColumnSummary, rows int) bool { return c.Missing < rows }) {
		return PreparedColumn{Kind: Dropped, Note: "left out, because the cell is missing in every row"}, nil
	}
	var c PreparedColumn
	var err error
	if p.kind == Numeric {
		c, err = agreeNumeric(p, from, j)
	} else {
		c, err = agreeCategorical(q, p, from, j)
	}
	if err != nil || c.Kind == Dropped {
		return c, err
	}
	c.Indicator = p.indicator && from.believed(j, func(c ColumnSummary, _ int) bool { return c.Missing > 0 })
	return c, nil
}
