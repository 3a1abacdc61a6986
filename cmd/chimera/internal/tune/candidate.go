package tune

import (
	"fmt"
	"strings"

	"github.com/gochimera/chimera/learner"
)

// Candidate is one value for each parameter, in their order.
type Candidate []string

// maxCandidates bounds a search; a grid of more is a mistake.
const maxCandidates = 100_000

// Grid is every combination of the listed values; those of the last parameter vary first.
func Grid(params []Param) ([]Candidate, error) {
	size := 1
	for _, p := range params {
		if p.Range != nil {
			return nil, fmt.Errorf("%s is a distribution: say with --iterations how many candidates to draw", p.Name)
		}
		if size *= len(p.Values); size > maxCandidates {
			return nil, fmt.Errorf("the grid has more than %d combinations: draw from it with --iterations", maxCandidates)
		}
	}
	list := make([]Candidate, size)
	for i := range list {
		list[i] = combination(params, i)
	}
	return list, nil
}

// combination is the i-th of the grid.
func combination(params []Param, i int) Candidate {
	c := make(Candidate, len(params))
	for j := len(params) - 1; j >= 0; j-- {
		n := len(params[j].Values)
		c[j] = params[j].Values[i%n]
		i /= n
	}
	return c
}

// Random draws candidates. From lists alone they are drawn without replacement, so there are at most as many as the grid
// has.
func Random(params []Param, iterations int, seed uint64) ([]Candidate, error) {
	if iterations < 1 || iterations > maxCandidates {
		return nil, fmt.Errorf("want 1 to %d iterations, got %d", maxCandidates, iterations)
	}
	random := learner.NewRand(learner.Seed(seed, "tune", "candidates"))
	size, lists := 1, true
	for _, p := range params {
		lists = lists && p.Range == nil
		if lists && size <= maxCandidates {
			size *= len(p.Values)
		}
	}
	if lists && size <= maxCandidates {
		var list []Candidate
		for _, i := range random.Perm(size)[:min(iterations, size)] {
			list = append(list, combination(params, i))
		}
		return list, nil
	}
	list := make([]Candidate, iterations)
	for i := range list {
		for _, p := range params {
			list[i] = append(list[i], p.draw(random))
		}
	}
	return list, nil
}

// describe is a candidate in words.
func describe(params []Param, c Candidate) string {
	parts := make([]string, len(params))
	for i, p := range params {
		parts[i] = p.Name + "=" + c[i]
	}
	return strings.Join(parts, " ")
}
