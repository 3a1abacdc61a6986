package learner

// Balanced is one weight per row of the class indices y: the given one (nil: 1
// each) times what gives all classes that have any weight the same total, and
// leaves that of all rows as it is:
//
//	weight of all rows / (classes with weight * weight of the row's class)
//
// as class_weight balanced does in scikit-learn, where a weight of k is k rows.
// classes is how many there are; y is as CheckBatch wants it.
func Balanced(y, weights []float64, classes int) []float64 {
	weight := func(i int) float64 {
		if weights == nil {
			return 1
		}
		return weights[i]
	}
	of := make([]float64, classes)
	var total float64
	for i, c := range y {
		of[int(c)] += weight(i)
		total += weight(i)
	}
	present := 0
	for _, w := range of {
		if w > 0 {
			present++
		}
	}
	balanced := make([]float64, len(y))
	for i, c := range y {
		if w := weight(i); w > 0 {
			balanced[i] = w * (total / (float64(present) * of[int(c)]))
		}
	}
	return balanced
}
