package pca

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/gochimera/chimera/registry"
)

// Params are the parameters of pca, named as in scikit-learn.
type Params struct {
	NComponents Components `json:"n_components" default:"\"all\""`
	Whiten      bool       `json:"whiten" default:"false" doc:"gives every component the variance 1; one along which rows do not differ is 0"`
}

// Docs says what each parameter is.
func (Params) Docs() map[string]string {
	return map[string]string{
		"n_components": "how many components: all along which rows differ, a count, or as few as explain this share of the variance",
	}
}

// Components is the parameter n_components: the word all, a count, or a share of the variance. The zero value is all.
type Components struct {
	count int
	share float64
}

// Count is that many components.
func Count(n int) Components { return Components{count: n} }

// Share is as many components as explain this share of the variance, above 0 and below 1.
func Share(s float64) Components { return Components{share: s} }

// UnmarshalJSON reads the word, a whole number from 1, or a share above 0 and below 1.
func (c *Components) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	var word string
	if json.Unmarshal(b, &word) == nil {
		if word != "all" {
			return fmt.Errorf("%q is not all", word)
		}
		*c = Components{}
		return nil
	}
	if n, err := strconv.Atoi(string(b)); err == nil {
		if n < 1 {
			return fmt.Errorf("%d components are none", n)
		}
		*c = Components{count: n}
		return nil
	}
	var share float64
	if err := json.Unmarshal(b, &share); err != nil || !(share > 0 && share < 1) {
		return fmt.Errorf("%s is not a share above 0 and below 1", b)
	}
	*c = Components{share: share}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (c Components) MarshalJSON() ([]byte, error) {
	switch {
	case c.count > 0:
		return json.Marshal(c.count)
	case c.share > 0:
		return json.Marshal(c.share)
	default:
		return json.Marshal("all")
	}
}

// ParamSchema is for package registry.
func (Components) ParamSchema() (typ string, schema map[string]any) {
	return "integer, share or word (all)", map[string]any{"anyOf": []any{
		map[string]any{"type": "string", "enum": []string{"all"}},
		map[string]any{"type": "integer", "minimum": 1},
		map[string]any{"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
	}}
}

// of is how many components there are of variances, the largest first; rank is how many of those are not 0.
func (c Components) of(variances []float64, rank int) int {
	switch {
	case c.count > 0:
		return min(c.count, len(variances))
	case c.share > 0:
		var total, sum float64
		for _, v := range variances {
			total += v
		}
		for i, v := range variances {
			if sum += v; sum >= c.share*total {
				return i + 1
			}
		}
	}
	return max(rank, 1)
}

var _ registry.Schemer = Components{}
