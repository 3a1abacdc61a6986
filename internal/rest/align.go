package rest

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
)

// Align brings the caller's columns into the model's order. Unknown, missing
// and doubled names are one problem that lists them.
func Align(features, columns []string, x *mat.Dense) (*mat.Dense, error) {
	if slices.Equal(features, columns) {
		return x, nil
	}
	at := make(map[string]int, len(columns))
	for j, c := range columns {
		at[c] = j
	}
	var missing, unknown []string
	from := make([]int, len(features))
	for i, f := range features {
		j, ok := at[f]
		if !ok {
			missing = append(missing, f)
		}
		from[i] = j
		delete(at, f)
	}
	for _, c := range columns {
		if _, left := at[c]; left {
			unknown = append(unknown, c)
		}
	}
	if missing != nil || unknown != nil {
		return nil, columnProblem(missing, unknown)
	}
	rows, _ := x.Dims()
	out := mat.NewDense(rows, len(features), nil)
	for i := range rows {
		src, dst := x.RawRowView(i), out.RawRowView(i)
		for k, j := range from {
			dst[k] = src[j]
		}
	}
	return out, nil
}

// columnProblem is also worded as scikit-learn words it, in the message.
func columnProblem(missing, unknown []string) *api.Problem {
	p := api.NewProblem(api.CodeInvalidRequest, "X_pred_columns are not the columns that the model was fitted with.")
	p.Message = "The feature names should match those that were passed during fit.\n"
	add := func(names []string, what, heading string) {
		if names == nil {
			return
		}
		p.Message += heading
		for i, n := range names {
			if i == api.MaxFaults {
				p.Message += "- ...\n"
				break
			}
			n = Shorten(n)
			p.Message += "- " + n + "\n"
			if len(p.Errors) < api.MaxFaults {
				p.Errors = append(p.Errors, api.Fault{Location: "body.X_pred_columns", Message: what, Value: n})
			}
		}
		shown := names[:min(len(names), 5)]
		short := make([]string, len(shown))
		for i, n := range shown {
			short[i] = Shorten(n)
		}
		p.Detail += fmt.Sprintf(" %d %s: %s.", len(names), what, strings.Join(short, ", "))
	}
	add(unknown, "unknown", "Feature names unseen at fit time:\n")
	add(missing, "missing", "Feature names seen at fit time, yet now missing:\n")
	return p
}
