package prepare

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/exact"
)

// plan says what is done with one column: its settings, once resolve has decided all that is auto.
type plan struct {
	name          string
	kind          Kind
	impute        string
	fill          string
	indicator     bool
	encode        string
	asked         bool // encode was named, not auto
	scale         string
	minFrequency  float64
	maxCategories int
	unknown       string
	complete      bool // a learner does not accept missing values
	whole         bool // no cell may stay without a number, since a kernel compares whole rows
	spread        bool // the mean and the variance of what becomes of the column are wanted
}

// planOf is the plan of a column by the settings of the section.
func (q Question) planOf(s Settings, name string) plan {
	if s.Mode == None {
		return plan{name: name, kind: Numeric, impute: None, encode: OneHot, scale: None, unknown: Ignore, maxCategories: s.MaxCategories}
	}
	return plan{
		name: name, impute: s.Impute, fill: s.FillValue, indicator: s.Indicator, encode: s.Encode, scale: s.Scale,
		minFrequency: s.MinFrequency, maxCategories: s.MaxCategories, unknown: s.Unknown, complete: q.needs().Complete,
		whole: s.approximates(), spread: s.approximates() && s.Gamma == DefaultGamma,
	}
}

// override takes over what is set for the column itself. What does not go with the column's kind is refused, where
// the section's own settings are passed over: they are for columns of both kinds.
func (p *plan) override(c Column) error {
	if c.Kind != "" {
		p.kind = c.Kind
	}
	if err := c.fits(p.kind); err != nil {
		return err
	}
	p.impute, p.fill = either(c.Impute, p.impute), either(c.FillValue, p.fill)
	p.encode, p.scale = either(c.Encode, p.encode), either(c.Scale, p.scale)
	p.unknown = either(c.Unknown, p.unknown)
	if c.Indicator != nil {
		p.indicator = *c.Indicator
	}
	if c.MinFrequency != 0 {
		p.minFrequency = c.MinFrequency
	}
	return nil
}

// fits reports which setting is none for a column of this kind.
func (c Column) fits(kind Kind) error {
	switch kind {
	case Dropped:
		return nil
	case Categorical:
		switch {
		case c.Impute == Median || c.Impute == Mean:
			return fmt.Errorf("impute is %s, but the column is categorical: set it to most_frequent, constant or none", c.Impute)
		case c.Scale != "" && c.Scale != Auto && c.Scale != None:
			return fmt.Errorf("scale is %s, but the column is categorical, and no category is scaled: leave it out", c.Scale)
		}
	default:
		if c.Encode != "" && c.Encode != Auto {
			return fmt.Errorf("encode is %s, but the column is numeric: set its kind to categorical if its numbers are names of categories", c.Encode)
		}
	}
	return nil
}

// resolve decides what is auto. The error is a reason, without the column's name.
func (p *plan) resolve(n Needs) error {
	if p.kind == "" {
		p.kind = Numeric
	}
	for _, s := range []struct{ setting, word, words string }{
		{"kind", string(p.kind), "numeric categorical dropped"},
		{"impute", p.impute, "auto median mean most_frequent constant none"},
		{"encode", p.encode, "auto one-hot ordinal frequency target"},
		{"scale", p.scale, "auto standard minmax robust none"},
		{"unknown", p.unknown, "ignore error"},
	} {
		if !strings.Contains(" "+s.words+" ", " "+s.word+" ") {
			return fmt.Errorf("%s is %q, want one of %s", s.setting, s.word, s.words)
		}
	}
	switch f := p.minFrequency; {
	case !(f >= 0) || math.IsInf(f, 0), f >= 1 && f != math.Trunc(f):
		return fmt.Errorf("min_frequency is %v, want a whole number of rows, or a share of them between 0 and 1", f)
	case p.maxCategories < 2 || p.maxCategories > MostCategories:
		return fmt.Errorf("max_categories is %d, want 2 to %d", p.maxCategories, MostCategories)
	}
	if p.whole && p.impute == None && p.kind != Dropped {
		return errors.New("impute is none, and an approximated kernel compares whole rows: set it to auto, or leave the column out")
	}
	if p.kind == Categorical {
		p.resolveCategorical(n)
		return nil
	}
	return p.resolveNumeric(n)
}

func (p *plan) resolveNumeric(n Needs) error {
	if p.impute == Auto {
		p.impute = None
		if n.Complete {
			p.impute = Mean
		}
	}
	if p.scale == Auto {
		p.scale = None
		if n.Scale {
			p.scale = Standard
		}
	}
	if p.impute != Constant || p.kind != Numeric {
		return nil
	}
	fill, err := p.number()
	if err == nil && (p.scale == Standard || p.spread) && math.Abs(fill) > exact.LargestSquared {
		err = fmt.Errorf("fill_value is %v, too large for a column whose variance is wanted", fill)
	}
	return err
}

func (p *plan) resolveCategorical(n Needs) {
	p.asked = p.encode != Auto
	if !p.asked {
		p.encode = OneHot
		if n.Ordinals {
			p.encode = Ordinal
		}
	}
	switch p.impute {
	case Auto:
		p.impute = MostFrequent
		if p.encode == Ordinal && !n.Complete {
			p.impute = None
		}
	case Median, Mean:
		p.impute = MostFrequent
	}
	p.scale = None
}

// number is the fill value of a numeric column.
func (p *plan) number() (float64, error) {
	if p.fill == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(p.fill), 64)
	if err != nil || v-v != 0 {
		return 0, fmt.Errorf("fill_value is %q, want a number, because the column is numeric", p.fill)
	}
	return v, nil
}

// category is the fill value of a categorical column.
func (p *plan) category() learner.Label { return labelOf(either(p.fill, "missing_value")) }

// sums says which exact sums the plan needs of a numeric column.
func (p *plan) sums() (sum, squares bool) {
	squares = p.kind == Numeric && (p.scale == Standard || p.spread)
	return squares || p.kind == Numeric && p.impute == Mean, squares
}

// values reports whether the plan needs the values of a numeric column counted.
func (p *plan) values() bool {
	return p.kind == Numeric && (p.scale == Robust || p.impute == Median || p.impute == MostFrequent)
}

// onlyCounted reports whether counting the values of a numeric column says all that the plan needs of it.
func (p *plan) onlyCounted() bool {
	sum, _ := p.sums()
	return p.values() && !sum && !p.extremes()
}

// extremes reports whether the plan needs the smallest and the largest number.
func (p *plan) extremes() bool { return p.kind == Numeric && p.scale == MinMax }

// target reports whether the plan needs the targets of each category.
func (p *plan) target() bool { return p.kind == Categorical && p.encode == Target }

// most is how many categories workers count; one with more says that it has.
func (p *plan) most() int {
	if p.minFrequency > 0 || p.encode == Frequency || p.encode == Target {
		return MostCategories
	}
	return p.maxCategories
}

var errTooLarge = errors.New("too large to be imputed by the mean or scaled to variance 1: is it a marker of a missing value? " +
	"Set the column's impute and scale, or leave the column out with prepare.drop")
