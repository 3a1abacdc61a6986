package prepare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// Landmark is a row of the training that others are compared with, as it comes, without the columns that the settings
// drop.
type Landmark struct {
	Numbers []float64       `json:"numbers,omitempty"` // of the numeric columns; 0 where the cell is missing
	Labels  []learner.Label `json:"labels,omitempty"`  // of the categorical columns; empty where the cell is missing
	Missing []int           `json:"missing,omitempty"` // the columns of the question in which it has no cell, ascending
}

// drawn is a landmark and the number that it is drawn by: those with the smallest are taken. It follows from the row and
// the seed, so that the rows drawn are the same wherever rows lie. Equal rows are one.
type drawn struct {
	hash uint64
	row  Landmark
}

func (d drawn) compare(o drawn) int {
	return cmp.Or(cmp.Compare(d.hash, o.hash), slices.Compare(d.row.Numbers, o.row.Numbers), slices.Compare(d.row.Labels, o.row.Labels),
		slices.Compare(d.row.Missing, o.row.Missing))
}

// wantsLandmarks is how many rows the question wants to be drawn; 0 if none.
func (q Question) wantsLandmarks() int {
	if s := q.Settings.defaults(); s.approximates() && s.Approximation == Nystroem {
		return s.Components
	}
	return 0
}

// first are the first few of landmarks, in order and without what is there twice.
func first(all []drawn, most int) []drawn {
	slices.SortFunc(all, drawn.compare)
	all = slices.CompactFunc(all, func(a, b drawn) bool { return a.compare(b) == 0 })
	return all[:min(len(all), most)]
}

func rowsDrawn(all []drawn) []Landmark {
	rows := make([]Landmark, len(all))
	for i, d := range all {
		rows[i] = d.row
	}
	return rows
}

// hash is the number that a landmark is drawn by.
func (l Landmark) hash(q Question, plans []plan) uint64 {
	numbers, labels, missing := 0, 0, 0
	var x []float64
	for j := range plans {
		if plans[j].kind == Dropped {
			continue
		}
		var v float64
		if plans[j].kind == Numeric {
			v = l.Numbers[numbers]
			numbers++
		} else {
			v = numberOf(l.Labels[labels])
			labels++
		}
		if missing < len(l.Missing) && l.Missing[missing] == j {
			v = math.NaN()
			missing++
		}
		x = append(x, v)
	}
	return learner.RowHash(q.landmarkSeed(), x, 0)
}

func (q Question) landmarkSeed() uint64 { return learner.Seed(q.Seed, Nystroem, "landmarks") }

// numberOf is a number that stands for a label when rows are drawn.
func numberOf(label learner.Label) float64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(label))   // an fnv hash never fails
	return float64(h.Sum64() >> 11) // what a float64 holds
}

// drawLandmarks draws the worker's rows that may be among the landmarks.
func drawLandmarks(ctx context.Context, q Question, plans []plan, rows table.Rows) ([]Landmark, error) {
	most := q.wantsLandmarks()
	if most == 0 || rows.Len() == 0 {
		return nil, nil
	}
	d := drawing{rows: rows, plans: plans}
	d.prepare()
	x := make([]float64, len(d.columns))
	seed := q.landmarkSeed()
	var found []drawn
	for i := range rows.Len() {
		if i%blockCells == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if infinite := d.row(i, x); infinite >= 0 {
			return nil, notFinite(plans[infinite].name, infinite)
		}
		one := drawn{hash: learner.RowHash(seed, x, 0)}
		if len(found) >= most && d.full && one.hash > d.last {
			continue
		}
		one.row = d.landmark(i)
		if found = append(found, one); len(found) >= 2*most {
			found = first(found, most)
			d.full = len(found) == most
			d.last = found[len(found)-1].hash
		}
	}
	return rowsDrawn(first(found, most)), nil
}

// drawing goes through the rows of one worker.
type drawing struct {
	rows    table.Rows
	plans   []plan
	columns []int       // that are not dropped
	cells   []cells     // of each of those that are categorical
	codes   [][]float64 // of each of those: the number of each label
	full    bool        // there are enough rows, all up to last
	last    uint64
}

func (d *drawing) prepare() {
	for j := range d.plans {
		if d.plans[j].kind == Dropped {
			continue
		}
		d.columns = append(d.columns, j)
		var found cells
		var codes []float64
		if d.plans[j].kind == Categorical {
			found, _ = cellsOf(d.rows, j, math.MaxInt32)
			for _, label := range found.labels {
				codes = append(codes, numberOf(label))
			}
		}
		d.cells, d.codes = append(d.cells, found), append(d.codes, codes)
	}
}

// row writes the numbers that a row is drawn by. It returns the column of a number that is infinite, or -1.
func (d *drawing) row(i int, x []float64) (infinite int) {
	for k, j := range d.columns {
		if d.plans[j].kind == Numeric {
			if x[k] = d.rows.X.At(i, j); math.IsInf(x[k], 0) {
				return j
			}
			continue
		}
		x[k] = math.NaN()
		if code := d.cells[k].codes[i]; code >= 0 {
			x[k] = d.codes[k][code]
		}
	}
	return -1
}

// landmark is a row as it travels.
func (d *drawing) landmark(i int) (l Landmark) {
	for k, j := range d.columns {
		if d.plans[j].kind == Numeric {
			v := d.rows.X.At(i, j) + 0
			if v != v {
				l.Missing = append(l.Missing, j)
				v = 0
			}
			l.Numbers = append(l.Numbers, v)
			continue
		}
		label := learner.Label("")
		if code := d.cells[k].codes[i]; code >= 0 {
			label = d.cells[k].labels[code]
		} else {
			l.Missing = append(l.Missing, j)
		}
		l.Labels = append(l.Labels, label)
	}
	return l
}

// checkLandmarks says what is wrong with the landmarks of a summary.
func (s *Summary) checkLandmarks(q Question, plans []plan) error {
	most := min(q.wantsLandmarks(), s.Rows)
	if len(s.Landmarks) > most || most > 0 && len(s.Landmarks) == 0 {
		return fmt.Errorf("%d landmarks, want 1 to %d", len(s.Landmarks), most)
	}
	labels := make([]map[learner.Label]bool, len(plans))
	for j := range plans {
		if c := s.Columns[j].Categories; c != nil && !c.Over && len(s.Landmarks) > 0 {
			labels[j] = make(map[learner.Label]bool, len(c.Labels))
			for _, label := range c.Labels {
				labels[j][label] = true
			}
		}
	}
	var before drawn
	for i, l := range s.Landmarks {
		if err := l.check(s, plans, labels); err != nil {
			return err
		}
		one := drawn{l.hash(q, plans), l}
		if i > 0 && before.compare(one) >= 0 {
			return errors.New("landmarks that are not in the order in which they are drawn")
		}
		before = one
	}
	return nil
}

// check says what is wrong with one landmark; labels are those that the summary has of each categorical column.
func (l Landmark) check(s *Summary, plans []plan, labels []map[learner.Label]bool) error {
	numbers, texts, missing := 0, 0, 0
	for j := range plans {
		if plans[j].kind == Dropped {
			continue
		}
		absent := missing < len(l.Missing) && l.Missing[missing] == j
		if absent {
			missing++
		}
		if absent && s.Columns[j].Missing == 0 {
			return fmt.Errorf("a landmark has no cell in column %q, in which none is missing", plans[j].name)
		}
		if plans[j].kind == Numeric {
			if numbers >= len(l.Numbers) || !finite(l.Numbers[numbers]) || absent && l.Numbers[numbers] != 0 {
				return fmt.Errorf("a landmark has no number in column %q", plans[j].name)
			}
			numbers++
			continue
		}
		if texts >= len(l.Labels) {
			return fmt.Errorf("a landmark has no category in column %q", plans[j].name)
		}
		label := l.Labels[texts]
		if texts++; absent && label != "" || !absent && (label != labelOf(string(label)) || labels[j] != nil && !labels[j][label]) {
			return fmt.Errorf("a landmark has the category %.60q in column %q, which its rows do not have", label, plans[j].name)
		}
	}
	if numbers != len(l.Numbers) || texts != len(l.Labels) || missing != len(l.Missing) {
		return errors.New("a landmark has cells of columns that are not there, or not in order")
	}
	return nil
}

// mergeLandmarks are those of all rows.
func mergeLandmarks(q Question, plans []plan, summaries []*Summary) []Landmark {
	var all []drawn
	for _, s := range summaries {
		for _, l := range s.Landmarks {
			all = append(all, drawn{l.hash(q, plans), l})
		}
	}
	return rowsDrawn(first(all, q.wantsLandmarks()))
}

// settle takes the landmarks, prepared as p prepares its columns; those that others make redundant are left out.
func (k *Kernel) settle(q Question, p *Preparation, landmarks []Landmark) error {
	plans, err := q.plans()
	if err != nil {
		return err
	}
	x, err := p.encode(context.Background(), rowsOfLandmarks(q, plans, landmarks), nil)
	if err != nil {
		return err
	}
	rows := make([][]float64, len(landmarks))
	for i := range rows {
		rows[i] = slices.Clone(x.RawRowView(i))
		for _, v := range rows[i] {
			if !finite(v) {
				return errors.New("a row that is a landmark has no number in a feature: set prepare.impute")
			}
		}
	}
	for _, i := range pivots(k.Gamma, rows) {
		k.Landmarks = append(k.Landmarks, rows[i])
	}
	k.Components = len(k.Landmarks)
	return nil
}

// rowsOfLandmarks are landmarks as rows of a table. Of columns that are dropped the cells are missing.
func rowsOfLandmarks(q Question, plans []plan, landmarks []Landmark) table.Rows {
	rows := table.Rows{Columns: q.Columns, X: mat.NewDense(len(landmarks), len(plans), nil), Texts: make([]*table.Texts, len(plans))}
	numbers, texts := 0, 0
	for j := range plans {
		if plans[j].kind == Categorical {
			rows.Texts[j] = &table.Texts{Codes: make([]int32, len(landmarks))}
		}
		for i, l := range landmarks {
			missing := plans[j].kind == Dropped || slices.Contains(l.Missing, j)
			v := math.NaN()
			if plans[j].kind == Numeric && !missing {
				v = l.Numbers[numbers]
			}
			rows.X.Set(i, j, v)
			if t := rows.Texts[j]; t != nil {
				if t.Codes[i] = -1; !missing {
					t.Codes[i] = int32(len(t.Values))
					t.Values = append(t.Values, string(l.Labels[texts]))
				}
			}
		}
		switch plans[j].kind {
		case Numeric:
			numbers++
		case Categorical:
			texts++
		case Dropped:
		}
	}
	return rows
}
