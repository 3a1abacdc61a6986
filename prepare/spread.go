package prepare

import (
	"math"

	"github.com/gochimera/chimera/learner/exact"
)

// scaleGamma is 1 / (features * variance), where the variance is that of all numbers of all features together, as
// gamma: scale is in scikit-learn. It follows from the summaries, so that nobody is asked a second time. The features of an
// encoding by the target are taken as those of rows to predict.
func (p *Preparation) scaleGamma(from *sources) float64 {
	var variances []float64
	for _, s := range from.summaries {
		if s.Rows > 0 {
			variances = append(variances, p.variance(s))
		}
	}
	variance := from.of(variances)
	if gamma := 1 / (float64(p.compile().width) * variance); gamma > 0 && gamma <= math.MaxFloat64 {
		return gamma
	}
	return 1 / float64(p.compile().width) // nothing varies, as scikit-learn has it
}

// variance is that of all numbers of all features of the rows of a summary.
func (p *Preparation) variance(s *Summary) float64 {
	var means, variances []float64
	for j := range p.Columns {
		if c := &p.Columns[j]; c.Kind != Dropped {
			c.moments(s.Columns[j], s.Rows, func(mean, variance float64) {
				means, variances = append(means, mean), append(variances, variance)
			})
		}
	}
	center, sum := 0.0, 0.0
	for _, m := range means {
		center += m / float64(len(means))
	}
	for j, m := range means {
		sum += variances[j] + (m-center)*(m-center)
	}
	return sum / float64(len(means))
}

// moments visits the mean and the variance of each feature of a column.
func (c *PreparedColumn) moments(s ColumnSummary, rows int, visit func(mean, variance float64)) {
	if c.Kind == Numeric {
		c.momentsOfNumber(s, rows, visit)
	} else {
		c.momentsOfCategory(s, rows, visit)
	}
	if c.Indicator {
		share := float64(s.Missing) / float64(rows)
		visit(share, share*(1-share))
	}
}

func (c *PreparedColumn) momentsOfNumber(s ColumnSummary, rows int, visit func(mean, variance float64)) {
	n, filled, fill := rows-s.Missing, 0, 0.0
	if c.Fill != nil {
		filled, fill = s.Missing, *c.Fill
	}
	if n+filled == 0 {
		visit(0, 0)
		return
	}
	sum, squares := withFill(s, fill, filled)
	mean, variance := exact.Mean(n+filled, sum), max(exact.Variance(n+filled, sum, squares), 0)
	if c.Scale != 0 {
		mean, variance = (mean-c.Center)/c.Scale, variance/c.Scale/c.Scale
	}
	visit(mean, variance)
}

// momentsOfCategory weighs what each group becomes with its rows. Rows without a category count as they are filled.
func (c *PreparedColumn) momentsOfCategory(s ColumnSummary, rows int, visit func(mean, variance float64)) {
	counts := make([]float64, c.groups()) // of the groups
	unknown := 0.0
	groups := groupsOf(c)
	if s.Categories != nil {
		for i, label := range s.Categories.Labels {
			if g, known := groups[label]; known {
				counts[g] += float64(s.Categories.Counts[i])
			} else {
				unknown += float64(s.Categories.Counts[i])
			}
		}
	}
	if c.FillCategory != nil {
		if g, known := groups[*c.FillCategory]; known {
			counts[g] += float64(s.Missing)
		} else {
			unknown += float64(s.Missing)
		}
	}
	total := float64(rows)
	weigh := func(code func(group int) float64, ofUnknown float64) {
		mean, variance := unknown/total*ofUnknown, 0.0
		for g, n := range counts {
			mean += n / total * code(g)
		}
		for g, n := range counts {
			variance += n / total * (code(g) - mean) * (code(g) - mean)
		}
		visit(mean, variance+unknown/total*(ofUnknown-mean)*(ofUnknown-mean))
	}
	switch c.Encode {
	case OneHot:
		for k := range counts {
			share := counts[k] / total
			visit(share, share*(1-share))
		}
	case Ordinal:
		weigh(func(g int) float64 { return float64(g) }, -1)
	case Frequency:
		weigh(func(g int) float64 { return c.Shares[g] }, 0)
	case Target:
		for k, ofUnknown := range c.Targets.Unknown {
			weigh(func(g int) float64 { return c.Targets.Groups[g][k] }, ofUnknown)
		}
	}
}
