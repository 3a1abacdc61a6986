package labs

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/learner"
)

// members are the errors of an ensemble on test rows.
type members struct {
	master      float64   // of the master's answer
	prefix      []float64 // of the first 1, 2, ... workers, combined here
	unlike      float64   // by how much the last of those differs from the master's, relative to it
	unexplained float64   // what is left of the squared error once the workers' errors and their spread are taken away, relative to it
}

// compare keeps the worst of two ensembles' differences.
func (m *members) compare(other members) {
	m.unlike, m.unexplained = max(m.unlike, other.unlike), max(m.unexplained, other.unexplained)
}

// meansOf are the mean squared errors of means.
func meansOf(unit float64, test learner.Dataset, master *client.Prediction, alone []*client.Prediction) members {
	m := members{prefix: make([]float64, len(alone))}
	n := float64(test.Len())
	var errs, spread float64 // of the workers, on average
	column := make([]float64, len(alone))
	for i, y := range test.Y {
		m.master += (master.Y.Values[i] - y) * (master.Y.Values[i] - y) / n
		var sum float64
		for j, a := range alone {
			column[j] = a.Y.Values[i]
			sum += column[j]
			e := sum/float64(j+1) - y
			m.prefix[j] += e * e / n
			errs += (column[j] - y) * (column[j] - y) / n / float64(len(alone))
		}
		spread += stat.PopVariance(column, nil) / n
	}
	m.unexplained = math.Abs(errs-spread-m.master) / max(m.master, 1e-300)
	return m.in(unit)
}

// votesOf are the shares of wrong labels of plurality votes; of classes with as many votes the first is taken.
func votesOf(unit float64, test learner.Dataset, master *client.Prediction, alone []*client.Prediction) members {
	m := members{prefix: make([]float64, len(alone))}
	n := float64(test.Len())
	for i, y := range test.Y {
		truth := test.Classes[int(y)]
		if master.Labels[i] != truth {
			m.master += 1 / n
		}
		votes := map[learner.Label]int{}
		for j, a := range alone {
			votes[a.Labels[i]]++
			if first(votes, test.Classes) != truth {
				m.prefix[j] += 1 / n
			}
		}
	}
	return m.in(unit)
}

// first is the class with the most votes.
func first(votes map[learner.Label]int, classes []learner.Label) learner.Label {
	best := classes[0]
	for _, c := range classes {
		if votes[c] > votes[best] {
			best = c
		}
	}
	return best
}

// in compares the last prefix with the master, and brings errors into a unit.
func (m members) in(unit float64) members {
	m.unlike = math.Abs(m.prefix[len(m.prefix)-1]-m.master) / max(m.master, 1e-300)
	m.master *= unit
	for j := range m.prefix {
		m.prefix[j] *= unit
	}
	return m
}
