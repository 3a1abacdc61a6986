package cluster

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// The checks of what workers send. A number that the worker alone knows, such as the mean of a column,
// is bounded; one that the master can work out, such as a number of rows, must be exactly that. The
// error says what is wrong with "its" answer, so that Member.Failure can name the worker before it.

// CheckValues checks that the number of values fits the rows and that all are finite, because a value
// that is not would spoil an average: a *learner.DataError with its row.
func CheckValues(values []float64, rows, width int) error {
	if len(values) != rows*width {
		return fmt.Errorf("it answered with %d values for %d rows", len(values), rows)
	}
	if i := numeric.FirstNotFinite(values); i >= 0 {
		return &learner.DataError{Row: i / width, Column: -1, Reason: fmt.Sprintf("it answered %v", values[i])}
	}
	return nil
}

// probabilitySlack is how far the probabilities of a row may be from adding up to 1: learners are held
// to 1e-9 (learnertest), but one that computes in float32 is not wrong.
const probabilitySlack = 1e-6

// CheckProbabilities checks that the values are probabilities, rows x classes: of the right number, each
// from 0 to 1, and adding up to 1 in each row.
func CheckProbabilities(values []float64, rows, classes int) error {
	if err := CheckValues(values, rows, classes); err != nil {
		return err
	}
	for i := range rows {
		var sum float64
		for k, p := range values[i*classes : (i+1)*classes] {
			if p < -probabilitySlack || p > 1+probabilitySlack {
				return fmt.Errorf("row %d: its probability of class %d is %v, which is not from 0 to 1", i, k, p)
			}
			sum += p
		}
		if math.Abs(sum-1) > probabilitySlack {
			return fmt.Errorf("row %d: its probabilities add up to %v instead of 1", i, sum)
		}
	}
	return nil
}

// CheckLoss checks a sum of losses of a learner with these traits.
func CheckLoss(what string, loss float64, traits learner.Traits) error {
	switch {
	case !numeric.IsFinite(loss):
		return fmt.Errorf("its %s is %v", what, loss)
	case loss < 0 && traits.NonNegativeLoss:
		return fmt.Errorf("its %s is %v; the learner's losses are never negative (trait non_negative_loss)", what, loss)
	default:
		return nil
	}
}

// CheckSeconds checks times that a worker says it took.
func CheckSeconds(seconds ...float64) error {
	for _, s := range seconds {
		if !(s >= 0) || math.IsInf(s, 1) {
			return fmt.Errorf("it says that it took %v seconds", s)
		}
	}
	return nil
}

// adviceBytes bounds what a worker may advise: it goes into answers, logs and terminals.
const adviceBytes = 500

// CheckConvergence checks what a worker says of how its fit ended. There is advice if, and only if, the fit did not converge.
func CheckConvergence(c *learner.Convergence) error {
	switch {
	case c == nil:
		return nil
	case c.Iterations < 0 || c.Iterations > math.MaxInt32:
		return fmt.Errorf("it says that its fit took %d iterations", c.Iterations)
	case c.Converged && c.Advice != "":
		return fmt.Errorf("it says that its fit converged, and what to do against that")
	case !c.Converged && strings.TrimSpace(c.Advice) == "":
		return fmt.Errorf("it says that its fit did not converge, and not what to do against that")
	case len(c.Advice) > adviceBytes || strings.ContainsFunc(c.Advice, unicode.IsControl):
		return fmt.Errorf("its advice on convergence has %d bytes, or control characters; at most %d bytes of one line are taken", len(c.Advice), adviceBytes)
	}
	return nil
}

// CheckOutOfBag checks an out-of-bag score of a worker with so many rows.
func CheckOutOfBag(o *api.OutOfBag, task learner.Task, rows int) error {
	if o == nil {
		return nil
	}
	metric, least := "accuracy", 0.0
	if task == learner.Regression {
		metric, least = "r2", math.Inf(-1) // R2 has no lower limit
	}
	switch {
	case o.Metric != metric:
		return fmt.Errorf("its out-of-bag score is %q; for %s it is %s", o.Metric, task, metric)
	case !numeric.IsFinite(o.Score) || o.Score < least || o.Score > 1:
		return fmt.Errorf("its out-of-bag %s is %v", metric, o.Score)
	case o.Rows < 1 || o.Rows > rows:
		return fmt.Errorf("its out-of-bag score is of %d rows, and it has %d", o.Rows, rows)
	default:
		return nil
	}
}

// checkSchema checks a worker's description of its rows for contradictions.
func checkSchema(s *api.WorkerSchema) error {
	switch {
	case !slices.Contains(learner.Tasks(), s.Task):
		return fmt.Errorf("its schema is for the task %q; want one of %q", s.Task, learner.Tasks())
	case s.Protocol < 0:
		return fmt.Errorf("its schema has the version %d of the protocol", s.Protocol)
	case len(s.Features) == 0:
		return fmt.Errorf("its schema has no columns")
	case s.Rows < 1:
		return fmt.Errorf("its schema has %d rows", s.Rows)
	case s.Task != learner.Classification && len(s.Classes)+len(s.Counts) > 0:
		return fmt.Errorf("its schema is for %s, and has %d classes", s.Task, max(len(s.Classes), len(s.Counts)))
	case s.Task == learner.Classification && len(s.Classes) == 0:
		return fmt.Errorf("its schema is for classification, and has no classes")
	case !numeric.IsFinite(s.Mean) || s.Mean != 0 && s.Task != learner.Regression:
		return fmt.Errorf("its schema has the mean target %v", s.Mean)
	}
	if err := checkColumns(s); err != nil {
		return err
	}
	if name, twice := repeated(s.Features); twice {
		return fmt.Errorf("its schema has the column %s twice", name)
	}
	if !slices.Equal(s.Classes, learner.SortLabels(slices.Clone(s.Classes))) {
		return fmt.Errorf("its schema has the classes %s, which are not sorted, or not all different", labels(s.Classes))
	}
	return checkCounts(s)
}

// checkColumns checks what a schema says of single columns; a worker may leave it out.
func checkColumns(s *api.WorkerSchema) error {
	if n := len(s.Centers); n > 0 && n != len(s.Features) {
		return fmt.Errorf("its schema has %d columns, and the means of %d", len(s.Features), n)
	}
	if j := numeric.FirstNotFinite(s.Centers); j >= 0 {
		return fmt.Errorf("its schema has the mean %v of column %s", s.Centers[j], s.Features[j])
	}
	for _, names := range [][]string{s.TextColumns, s.MissingColumns} {
		if left := without(names, s.Features); left != nil {
			return fmt.Errorf("its schema has no column %s, of which it says what cells it has", left[0])
		}
	}
	return nil
}

// checkCounts checks the rows of each class; a worker may leave them out.
func checkCounts(s *api.WorkerSchema) error {
	if len(s.Counts) == 0 {
		return nil
	}
	if len(s.Counts) != len(s.Classes) {
		return fmt.Errorf("its schema has %d classes, and the number of rows of %d", len(s.Classes), len(s.Counts))
	}
	left := s.Rows
	for i, n := range s.Counts {
		if n < 0 || n > left {
			return fmt.Errorf("its schema has %d rows, of which %d have the label %s: the rows of the classes must add up to them", s.Rows, n, s.Classes[i])
		}
		left -= n
	}
	if left != 0 {
		return fmt.Errorf("its schema has %d rows, but those of its classes add up to %d", s.Rows, s.Rows-left)
	}
	return nil
}

func repeated(names []string) (name string, twice bool) {
	seen := make(map[string]bool, len(names))
	for _, n := range names {
		if seen[n] {
			return n, true
		}
		seen[n] = true
	}
	return "", false
}

// labels lists classes for people, but at most the first 20.
func labels(classes []learner.Label) string {
	var names []string
	for _, c := range classes[:min(len(classes), listed)] {
		names = append(names, string(c))
	}
	return strings.Join(names, ", ")
}
