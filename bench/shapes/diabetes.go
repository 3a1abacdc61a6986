package shapes

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// The size of the diabetes shape.
const (
	DiabetesRows    = 190_260
	DiabetesColumns = 21
)

// indicator is a column of the diabetes shape.
type indicator struct {
	name   string
	effect float64                         // on the log odds, for one standard step
	draw   func(health, r float64) float64 // health is normal, a row's common cause; r is normal too
}

// yes is a yes-or-no column: yes if a mix of the row's health and chance is above the cut.
func yes(cut float64) func(health, r float64) float64 {
	return func(health, r float64) float64 {
		if 0.4*health+0.9*r > cut {
			return 1
		}
		return 0
	}
}

// steps is a column of whole numbers from 1 to most, in a bell around the
// middle.
func steps(middle, most, width float64) func(health, r float64) float64 {
	return func(health, r float64) float64 {
		return min(max(math.Round(middle+width*(0.5*health+0.85*r)), 1), most)
	}
}

// days is a number of days out of 30: none for most, all for some.
func days(health, r float64) float64 {
	return min(max(math.Round(12*(0.5*health+0.85*r)-4), 0), 30)
}

// indicators are the columns of the CDC diabetes health indicators (2015).
var indicators = []indicator{
	{"HighBP", 0.75, yes(0.17)}, {"HighChol", 0.6, yes(0.18)}, {"CholCheck", 0.3, yes(-1.75)},
	{"BMI", 0.07, func(health, r float64) float64 {
		return min(max(math.Round(27.5*math.Exp(0.2*(0.3*health+0.95*r))), 12), 98)
	}},
	{"Smoker", 0, yes(0.14)}, {"Stroke", 0.2, yes(1.7)}, {"HeartDiseaseorAttack", 0.25, yes(1.3)}, {"PhysActivity", -0.1, yes(-0.68)},
	{"Fruits", -0.05, yes(-0.34)}, {"Veggies", -0.05, yes(-0.87)}, {"HvyAlcoholConsump", -0.7, yes(1.55)}, {"AnyHealthcare", 0.1, yes(-1.62)},
	{"NoDocbcCost", 0, yes(1.37)}, {"GenHlth", 0.55, steps(2.5, 5, 1.1)}, {"MentHlth", -0.005, days}, {"PhysHlth", -0.005, days},
	{"DiffWalk", 0.15, yes(0.96)}, {"Sex", 0.25, yes(0.14)}, {"Age", 0.13, steps(8, 13, 3)},
	{"Education", -0.03, steps(5, 6, 1)}, {"Income", -0.05, steps(6, 8, 2.1)},
}

// Diabetes is 190,260 rows x 21 columns for two classes: 14 columns of 0 and 1, the
// others small whole numbers, 13.7 % of the rows in class 1.
func Diabetes(seed uint64) learner.Dataset {
	rnd := learner.NewRand(learner.Seed(seed, "shapes", "diabetes"))
	d := learner.Dataset{
		Schema: learner.Schema{Classes: []learner.Label{"0", "1"}},
		X:      mat.NewDense(DiabetesRows, DiabetesColumns, nil), Y: make([]float64, DiabetesRows),
	}
	for _, c := range indicators {
		d.Features = append(d.Features, c.name)
	}
	for i := range DiabetesRows {
		row := d.X.RawRowView(i)
		health := rnd.NormFloat64()
		odds := -7.14
		for j, c := range indicators {
			row[j] = c.draw(health, rnd.NormFloat64())
			odds += c.effect * row[j]
		}
		d.Y[i] = chance(rnd, odds)
	}
	return d
}

// chance is 1 with the given log odds, else 0.
func chance(rnd *rand.Rand, odds float64) float64 {
	if rnd.Float64() < 1/(1+math.Exp(-odds)) {
		return 1
	}
	return 0
}
