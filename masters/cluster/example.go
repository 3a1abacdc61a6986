package cluster

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/prepare"
)

// listed is how many labels are listed at most.
const listed = 20

// exampleBody is a request that can be sent as it is. The names are those of api.PredictRequest.
type exampleBody struct {
	Columns []string        `json:"X_pred_columns"`
	Rows    [][]any         `json:"X_pred_rows"`
	Truth   []learner.Label `json:"y_true,omitempty"` // of a score
	Column  string          `json:"column,omitempty"` // of a partial dependence
}

// example is a row that the model takes: the mean or the median of each column's numbers, and its most frequent category. It is no row of
// anybody's.
func (model *Model) example() exampleBody {
	e := exampleBody{Columns: []string{}}
	var row []any
	if model.Preparation == nil {
		for _, name := range model.Features {
			e.Columns, row = append(e.Columns, name), append(row, rounded(model.centers[name]))
		}
	} else {
		for _, c := range model.Preparation.Columns {
			if c.Kind != prepare.Dropped {
				e.Columns, row = append(e.Columns, c.Name), append(row, model.typical(c))
			}
		}
	}
	e.Rows = [][]any{row}
	return e
}

// typical is a value of a column: the mean of its numbers, or the category that a missing cell becomes, which is the most frequent one
// unless a setting says otherwise, or else any.
func (model *Model) typical(c prepare.PreparedColumn) any {
	switch {
	case c.Kind == prepare.Numeric:
		return rounded(model.centers[c.Name])
	case c.FillCategory != nil && slices.Contains(c.Categories, *c.FillCategory):
		return *c.FillCategory
	case len(c.Categories) > 0:
		return c.Categories[0]
	default:
		return nil
	}
}

// truth is what a score's example compares with: the most frequent class, or the mean of the target.
func (model *Model) truth() []learner.Label {
	switch {
	case len(model.Classes) > 0 && len(model.Baseline) == len(model.Classes):
		return []learner.Label{model.Classes[numeric.ArgMax(model.Baseline)]}
	case len(model.Baseline) == 1:
		return []learner.Label{learner.NumberLabel(rounded(model.Baseline[0]))}
	default:
		return []learner.Label{learner.NumberLabel(0)}
	}
}

// rounded is a number with few digits, for people.
func rounded(v float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil { // its neighbour is beyond the largest number
		return v
	}
	return short
}

// centers are the means of the columns' numbers over all rows.
func centers(columns []string, schemas []*api.WorkerSchema) map[string]float64 {
	at := map[string]float64{}
	for _, name := range columns {
		var means, rows []float64
		for _, s := range schemas {
			if s == nil || len(s.Centers) == 0 {
				continue
			}
			if j := slices.Index(s.Features, name); j >= 0 {
				means, rows = append(means, s.Centers[j]), append(rows, float64(s.Rows))
			}
		}
		if len(means) > 0 {
			at[name] = numeric.Mean(means, rows)
		}
	}
	return at
}

// noModel says what the document's example is before the first fit.
const noModel = "No model is in service yet: the columns of the example are made up. After a fit, the document has the model's own."

// documentModel keeps the examples those of the model in service: requests that can be sent as they are, and what is answered to them.
func (c *Cluster) documentModel(paths api.Paths) {
	asking := []string{paths.Predict, paths.Score, api.PathPermutationImportance, api.PathPartialDependence}
	describe := func(doc *huma.OpenAPI, path string, model *Model) (example []byte) {
		body := doc.Paths[path].Post.RequestBody
		e, text := exampleRequest(), noModel
		if model.FitID != "" && len(model.Features) > 0 {
			e, text = model.example(), model.describe()
		}
		switch path {
		case paths.Score, api.PathPermutationImportance:
			e.Truth = model.truth()
		case api.PathPartialDependence:
			e.Column = e.Columns[0]
		}
		body.Description = text
		example, err := json.Marshal(e)
		if err == nil { // it holds finite numbers and texts
			body.Content["application/json"].Example = json.RawMessage(example)
		}
		return example
	}
	for _, path := range asking {
		describe(c.Huma.OpenAPI(), path, &Model{})
	}
	shown := "none" // the fit whose model the document shows; empty before the first fit
	c.OnDocument(func(doc *huma.OpenAPI) bool {
		model := c.master.Model()
		if model.FitID == shown {
			return false
		}
		shown = model.FitID
		requests := map[string][]byte{}
		for _, path := range asking {
			requests[path] = describe(doc, path, &model)
		}
		c.showAnswers(doc, requests)
		return true
	})
}

// describe lists the model's columns and classes.
func (model *Model) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "The columns of the model in service (fit %s):\n", model.FitID)
	if model.Preparation == nil {
		for _, name := range model.Features {
			fmt.Fprintf(&b, "\n- `%s`: numeric", name)
		}
	} else {
		for _, c := range model.Preparation.Columns {
			fmt.Fprintf(&b, "\n- `%s`: %s%s", c.Name, c.Kind, categoriesOf(c))
			if c.Note != "" {
				fmt.Fprintf(&b, " (%s)", c.Note)
			}
		}
	}
	if len(model.Classes) > 0 {
		fmt.Fprintf(&b, "\n\nIts classes: %s.", labels(model.Classes))
	}
	b.WriteString("\n\nThe example is no row of the training data: it has the mean of each numeric column and a frequent value of each categorical one.")
	return b.String()
}

// categoriesOf lists the values of a categorical column, but at most the first 20.
func categoriesOf(c prepare.PreparedColumn) string {
	if len(c.Categories) == 0 {
		return ""
	}
	more := ""
	if n := len(c.Categories) + len(c.Infrequent) - listed; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return ": " + labels(c.Categories) + more
}
