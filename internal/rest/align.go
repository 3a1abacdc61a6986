package rest

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/prepare/table"
)

// Align brings the caller's columns into the model's order, and leaves out those that the model does not have. Missing names are one
// problem that lists them, beside those that nobody asked for: one may be the other, misspelt.
func Align(features, columns []string, x *mat.Dense) (*mat.Dense, error) {
	if slices.Equal(features, columns) {
		return x, nil
	}
	from, err := Places(features, columns)
	if err != nil {
		return nil, err
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

// Arrange brings rows into the order of columns, and leaves out the columns that are not among them.
func Arrange(columns []string, rows table.Rows) (table.Rows, error) {
	x, err := Align(columns, rows.Columns, rows.X)
	if err != nil || x == rows.X {
		return rows, err
	}
	out := table.Rows{Columns: columns, X: x}
	if rows.Texts == nil {
		return out, nil
	}
	places, err := Places(columns, rows.Columns)
	for _, j := range places {
		out.Texts = append(out.Texts, rows.Texts[j])
	}
	return out, err
}

// Places are the places of the features among the caller's columns.
func Places(features, columns []string) ([]int, error) {
	if len(features) == 0 {
		return nil, api.NewProblem(api.CodeInvalidRequest, "No columns are asked for; at least one is needed.")
	}
	at := make(map[string]int, len(columns))
	for j, c := range columns {
		at[c] = j
	}
	var missing []string
	from := make([]int, len(features))
	for i, f := range features {
		j, ok := at[f]
		if !ok {
			missing = append(missing, f)
		}
		from[i] = j
	}
	if missing != nil {
		return nil, columnProblem(missing, Extra(features, columns))
	}
	return from, nil
}

// Extra are the columns that are not among the features, in their order.
func Extra(features, columns []string) (extra []string) {
	if slices.Equal(features, columns) {
		return nil
	}
	known := make(map[string]bool, len(features))
	for _, f := range features {
		known[f] = true
	}
	for _, c := range columns {
		if !known[c] {
			extra = append(extra, c)
		}
	}
	return extra
}

// Ignored are the notes of an answer to rows with extra columns; nil if there are none.
func Ignored(extra []string) []string {
	if len(extra) == 0 {
		return nil
	}
	shown := make([]string, 0, api.MaxFaults)
	for _, name := range extra[:min(len(extra), api.MaxFaults)] {
		shown = append(shown, Shorten(name))
	}
	more := ""
	if n := len(extra) - len(shown); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	what := "column"
	if len(extra) > 1 {
		what = "columns"
	}
	return []string{fmt.Sprintf("The model has no %s %s%s: what the rows hold there was ignored.", what, strings.Join(shown, ", "), more)}
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
		more := ""
		if n := len(names) - len(shown); n > 0 {
			more = fmt.Sprintf(" and %d more", n)
		}
		p.Detail += fmt.Sprintf(" %d %s: %s%s.", len(names), what, strings.Join(short, ", "), more)
	}
	add(unknown, "unknown", "Feature names unseen at fit time:\n")
	add(missing, "missing", "Feature names seen at fit time, yet now missing:\n")
	return p
}
