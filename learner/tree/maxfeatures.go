package tree

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/gochimera/chimera/learner"
)

// MaxFeatures is the parameter max_features: how many features are drawn at
// each node. It is a word (all, sqrt, log2), a count, or a share of the
// features, which is written with a point: 1 is one feature, 1.0 is all of
// them. The zero value is all.
type MaxFeatures struct {
	word  string
	count int
	share float64
}

var maxFeaturesWords = []string{"all", "sqrt", "log2"}

// Of is the number of features to draw out of n > 0. A count above n is a
// *learner.ParamError.
func (m MaxFeatures) Of(n int) (int, error) {
	switch {
	case m.word == "sqrt":
		return int(math.Sqrt(float64(n))), nil
	case m.word == "log2":
		return max(int(math.Log2(float64(n))), 1), nil
	case m.share > 0:
		return max(int(m.share*float64(n)), 1), nil
	case m.count > n:
		return 0, &learner.ParamError{Param: "max_features",
			Reason: fmt.Sprintf("%d features cannot be drawn from %d: use at most %d, a share such as 0.5, or a word", m.count, n, n)}
	case m.count > 0:
		return m.count, nil
	default:
		return n, nil
	}
}

// UnmarshalJSON reads a word, a whole number from 1, or a share above 0 and up
// to 1.0.
func (m *MaxFeatures) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	var word string
	if json.Unmarshal(b, &word) == nil {
		if !slices.Contains(maxFeaturesWords, word) {
			return fmt.Errorf("%q is not one of %v", word, maxFeaturesWords)
		}
		*m = MaxFeatures{word: word}
		return nil
	}
	if count, err := strconv.Atoi(string(b)); err == nil {
		if count < 1 {
			return fmt.Errorf("%d features cannot be drawn", count)
		}
		*m = MaxFeatures{count: count}
		return nil
	}
	var share float64
	if err := json.Unmarshal(b, &share); err != nil || !(share > 0 && share <= 1) {
		return fmt.Errorf("%s is not a share above 0 and up to 1.0", b)
	}
	*m = MaxFeatures{share: share}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (m MaxFeatures) MarshalJSON() ([]byte, error) {
	switch {
	case m.count > 0:
		return json.Marshal(m.count)
	case m.share == 1:
		return []byte("1.0"), nil
	case m.share > 0:
		return json.Marshal(m.share)
	case m.word != "":
		return json.Marshal(m.word)
	default:
		return json.Marshal("all")
	}
}

// ParamSchema is for package registry.
func (MaxFeatures) ParamSchema() (typ string, schema map[string]any) {
	return "integer, share or word (all, sqrt, log2)", map[string]any{"anyOf": []any{
		map[string]any{"type": "string", "enum": maxFeaturesWords},
		map[string]any{"type": "integer", "minimum": 1},
		map[string]any{"type": "number", "exclusiveMinimum": 0, "maximum": 1},
	}}
}
