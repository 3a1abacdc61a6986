package inspect

import (
	"math"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
)

// link keeps what a column says about the target.
type link struct {
	rows, same int // rows with the very cell of the target

	paired     int // rows in which both are numbers
	xs, ys     moments
	covariance float64 // sum of products about the means

	manyValues, manyClasses bool         // more than are looked at one by one
	byValue                 []linked     // value 0 is a missing cell; nil if there are many
	byClass                 [][2]float64 // the smallest and the largest number of each class; nil if there are many
}

// linked is the target in the rows of one value.
type linked struct {
	rows    int
	classes []int   // rows by class
	target  moments // of targets that are numbers
}

const (
	linkedValues  = 512
	linkedClasses = 256
)

// add takes a row's cell and its target, with the indices of their values, -1 for none.
func (l *link) add(cell, target datafile.Cell, value, class int) {
	l.rows++
	if cell.Same(target) {
		l.same++
	}
	if cell.Kind == datafile.Number && target.Kind == datafile.Number {
		l.paired++
		d := cell.Number - l.xs.mean
		l.xs.add(cell.Number)
		l.ys.add(target.Number)
		l.covariance += d * (target.Number - l.ys.mean)
	}
	if class < 0 || class >= linkedClasses {
		l.manyClasses, l.byClass, class = true, nil, -1
	}
	if cell.Kind == datafile.Missing {
		value = 0
	} else if value++; value == 0 || value >= linkedValues {
		l.manyValues, l.byValue = true, nil
	}
	if !l.manyClasses && cell.Kind == datafile.Number {
		l.widen(class, cell.Number)
	}
	if !l.manyValues {
		l.count(target, value, class)
	}
}

func (l *link) widen(class int, v float64) {
	for len(l.byClass) <= class {
		l.byClass = append(l.byClass, [2]float64{math.Inf(1), math.Inf(-1)})
	}
	r := &l.byClass[class]
	r[0], r[1] = min(r[0], v), max(r[1], v)
}

func (l *link) count(target datafile.Cell, value, class int) {
	for len(l.byValue) <= value {
		l.byValue = append(l.byValue, linked{})
	}
	of := &l.byValue[value]
	of.rows++
	if target.Kind == datafile.Number {
		of.target.add(target.Number)
	}
	if class < 0 {
		return
	}
	for len(of.classes) <= class {
		of.classes = append(of.classes, 0)
	}
	of.classes[class]++
}

// correlation is Pearson's, from -1 to 1 whatever was rounded, and 0 if one of both does not vary.
func (l *link) correlation() float64 {
	if spread := math.Sqrt(l.xs.m2) * math.Sqrt(l.ys.m2); spread > 0 {
		return min(max(l.covariance/spread, -1), 1)
	}
	return 0
}
