package kmeans

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

// Params are the parameters of kmeans, named as in scikit-learn.
type Params struct {
	NClusters int     `json:"n_clusters" default:"8" validate:"gte=1,lte=100000" doc:"how many clusters to find; fewer, if rows have fewer different values"`
	Init      Init    `json:"init" default:"\"k-means||\""`
	MaxIter   int     `json:"max_iter" default:"300" validate:"gte=1" doc:"most iterations, each of which moves every center to the mean of its rows"`
	Tol       float64 `json:"tol" default:"1e-4" validate:"gte=0"`
}

// Docs says what each parameter is.
func (Params) Docs() map[string]string {
	return map[string]string{
		"init": "where clusters begin: k-means|| draws rows that are far apart; or the centers themselves, a list of n_clusters lists with one number per feature",
		"tol":  "an iteration ends the fit if the squares of the centers' moves add up to at most this, as a share of the features' mean variance",
	}
}

// Parallel is the word for rows drawn by k-means||.
const Parallel = "k-means||"

// Init is the parameter init: the word k-means||, or centers. The zero value is the word.
type Init struct {
	centers [][]float64
}

// Centers are the centers to begin with; nil if they are drawn.
func (i Init) Centers() [][]float64 { return i.centers }

// At makes an Init of centers.
func At(centers [][]float64) Init { return Init{centers: centers} }

// UnmarshalJSON reads the word, or a list of lists of numbers.
func (i *Init) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	var word string
	if json.Unmarshal(b, &word) == nil {
		if word != Parallel {
			return fmt.Errorf("%q is neither %q nor a list of centers", word, Parallel)
		}
		*i = Init{}
		return nil
	}
	var centers [][]float64
	if err := json.Unmarshal(b, &centers); err != nil {
		return fmt.Errorf("neither %q nor a list of centers, each a list of numbers: %w", Parallel, err)
	}
	*i = Init{centers: centers}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (i Init) MarshalJSON() ([]byte, error) {
	if i.centers == nil {
		return json.Marshal(Parallel)
	}
	return json.Marshal(i.centers)
}

// ParamSchema is for package registry.
func (Init) ParamSchema() (typ string, schema map[string]any) {
	number := map[string]any{"type": "number"}
	row := map[string]any{"type": "array", "items": number, "minItems": 1}
	return "word (k-means||) or list of centers", map[string]any{"anyOf": []any{
		map[string]any{"type": "string", "enum": []string{Parallel}},
		map[string]any{"type": "array", "items": row, "minItems": 1},
	}}
}

// check refuses what the tags cannot express.
func (p Params) check() error {
	centers := p.Init.centers
	switch {
	case p.NClusters < 1:
		return &learner.ParamError{Param: "n_clusters", Reason: "must be at least 1"}
	case p.MaxIter < 1:
		return &learner.ParamError{Param: "max_iter", Reason: "must be at least 1"}
	case !numeric.IsFinite(p.Tol) || p.Tol < 0:
		return &learner.ParamError{Param: "tol", Reason: "must be a number >= 0"}
	case centers != nil && len(centers) != p.NClusters:
		return &learner.ParamError{Param: "init", Reason: fmt.Sprintf("%d centers for n_clusters: %d", len(centers), p.NClusters)}
	}
	for i, c := range centers {
		if len(c) != len(centers[0]) || len(c) == 0 || !numeric.AllFinite(c) {
			return &learner.ParamError{Param: "init", Reason: fmt.Sprintf("center %d is not a list of as many finite numbers as the first", i)}
		}
		for _, v := range c {
			if v > largest || v < -largest {
				return &learner.ParamError{Param: "init", Reason: fmt.Sprintf("center %d has the number %v, which is too large to square", i, v)}
			}
		}
	}
	return nil
}

var _ registry.Schemer = Init{}
