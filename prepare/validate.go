package prepare

import (
	"errors"
	"fmt"
	"math"

	"github.com/gochimera/chimera/learner"
)

// mostFeatures is the most features that a preparation may make, so that nobody allocates what a lying master says.
const mostFeatures = 1 << 20

// Validate says what is wrong with a preparation that somebody else has sent. What passes can transform any
// rows.
func (p *Preparation) Validate() error {
	if p.Version < 1 || p.Version > Version {
		return fmt.Errorf("the preparation has version %d, and this program understands up to %d: update it", p.Version, Version)
	}
	names := make(map[string]bool, len(p.Columns))
	features := 0
	for i := range p.Columns {
		c := &p.Columns[i]
		if names[c.Name] {
			return fmt.Errorf("the preparation has two columns %q", c.Name)
		}
		names[c.Name] = true
		if err := c.validate(); err != nil {
			return fmt.Errorf("the preparation of column %q: %w", c.Name, err)
		}
		if features += c.width(); features > mostFeatures {
			return fmt.Errorf("the preparation makes more than %d features", mostFeatures)
		}
	}
	if features == 0 {
		return errors.New("the preparation makes no features")
	}
	if p.Kernel != nil {
		if err := p.Kernel.validate(features); err != nil {
			return fmt.Errorf("the preparation's approximation of a kernel: %w", err)
		}
	}
	return nil
}

func (c *PreparedColumn) validate() error {
	switch c.Kind {
	case Dropped:
		return nil
	case Numeric:
		if c.Fill != nil && !finite(*c.Fill) || !finite(c.Center) || !finite(c.Scale) || c.Scale < 0 {
			return fmt.Errorf("it is filled, centred or scaled by what is no number, or not positive: %v, %v", c.Center, c.Scale)
		}
		return nil
	case Categorical:
		return c.validateCategorical()
	default:
		return fmt.Errorf("its kind is %q", c.Kind)
	}
}

func (c *PreparedColumn) validateCategorical() error {
	all := append(append([]learner.Label(nil), c.Categories...), c.Infrequent...)
	if len(all) > MostCategories+1 { // one more is the constant that missing cells become
		return fmt.Errorf("%d categories, want at most %d", len(all), MostCategories)
	}
	seen := make(map[learner.Label]bool, len(all))
	for _, label := range all {
		if seen[label] || label != labelOf(string(label)) {
			return fmt.Errorf("the category %.60q is not in its form, or occurs twice", label)
		}
		seen[label] = true
	}
	if c.Unknown != Ignore && c.Unknown != Refuse {
		return fmt.Errorf("unknown is %q, want %s or %s", c.Unknown, Ignore, Refuse)
	}
	switch c.Encode {
	case OneHot:
		return nil
	case Ordinal:
		if c.UnknownCode != nil && !finite(*c.UnknownCode) {
			return errors.New("its code of unknown categories is not a number")
		}
		return nil
	case Frequency:
		if len(c.Shares) != c.groups() {
			return fmt.Errorf("%d shares for %d groups", len(c.Shares), c.groups())
		}
		for _, share := range c.Shares {
			if !(share >= 0 && share <= math.MaxFloat64) {
				return fmt.Errorf("a share of %v", share)
			}
		}
		return nil
	case Target:
		return c.validateTargets()
	default:
		return fmt.Errorf("its encoding is %q", c.Encode)
	}
}

func (c *PreparedColumn) validateTargets() error {
	t := c.Targets
	if t == nil {
		return errors.New("its encoding by the target is missing")
	}
	outputs := max(len(t.Outputs), 1)
	codes := []FoldCode{{Groups: t.Groups, Unknown: t.Unknown}}
	if n := len(t.Folds); n != 0 && n != Folds {
		return fmt.Errorf("it is encoded by %d folds, want %d", n, Folds)
	}
	for _, code := range append(codes, t.Folds...) {
		if len(code.Groups) != c.groups() {
			return fmt.Errorf("numbers for %d groups, want %d", len(code.Groups), c.groups())
		}
		for _, numbers := range append(code.Groups[:len(code.Groups):len(code.Groups)], code.Unknown) {
			if len(numbers) != outputs {
				return fmt.Errorf("%d numbers for %d outputs", len(numbers), outputs)
			}
			for _, v := range numbers {
				if !finite(v) {
					return fmt.Errorf("the number %v", v)
				}
			}
		}
	}
	return nil
}
