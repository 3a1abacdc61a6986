package bench_test

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// wholeNumbers is rows x columns integers, two thirds of them 0 or 1, like the diabetes shape.
func wholeNumbers(rows, columns int) *mat.Dense {
	r := learner.NewRand(1)
	x := mat.NewDense(rows, columns, nil)
	for i := range rows {
		for j := range columns {
			if j%3 == 2 {
				x.Set(i, j, float64(r.IntN(100)))
			} else {
				x.Set(i, j, float64(r.IntN(2)))
			}
		}
	}
	return x
}

// longNumbers is rows x columns numbers of about 17 digits.
func longNumbers(rows, columns int) *mat.Dense {
	r := learner.NewRand(2)
	x := mat.NewDense(rows, columns, nil)
	for i := range rows {
		for j := range columns {
			x.Set(i, j, r.NormFloat64())
		}
	}
	return x
}

func columnNames(n int) []string {
	names := make([]string, n)
	for j := range names {
		names[j] = "column" + strconv.Itoa(j)
	}
	return names
}

// requestBody is a predict request as python-requests writes it: integers
// without a point, blanks after commas and colons.
func requestBody(x *mat.Dense) []byte {
	rows, columns := x.Dims()
	b := []byte(`{"X_pred_columns": [`)
	for j, name := range columnNames(columns) {
		if j > 0 {
			b = append(b, ", "...)
		}
		b = strconv.AppendQuote(b, name)
	}
	b = append(b, `], "X_pred_rows": [`...)
	for i := range rows {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, '[')
		for j, v := range x.RawRowView(i) {
			if j > 0 {
				b = append(b, ", "...)
			}
			if v == math.Trunc(v) {
				b = strconv.AppendInt(b, int64(v), 10)
			} else {
				b = wire.AppendFloat(b, v)
			}
		}
		b = append(b, ']')
	}
	return append(b, "]}"...)
}

// BenchmarkJSONRequest reads a predict request of 10,000 rows.
func BenchmarkJSONRequest(b *testing.B) {
	for _, c := range []struct {
		name, work string
		x          *mat.Dense
	}{
		{"21-integers", "json_10000x21_integers", wholeNumbers(10_000, 21)},
		{"34-long", "json_10000x34_long", longNumbers(10_000, 34)},
	} {
		b.Run(c.name, func(b *testing.B) {
			body := requestBody(c.x)
			took := compare(b, "encoding/json",
				func() error { _, err := wire.DecodePredict(body, wire.RowsLimits{}); return err },
				func() error {
					var v struct {
						Columns []string    `json:"X_pred_columns"`
						Rows    [][]float64 `json:"X_pred_rows"`
					}
					return json.Unmarshal(body, &v)
				})
			besidePeers(b, c.work, took)
		})
	}
}

// BenchmarkJSONAnswer writes a list of 210,000 numbers, and the answer of a prediction with 340,000 probabilities, which
// encoding/json writes without its labels.
func BenchmarkJSONAnswer(b *testing.B) {
	for _, c := range []struct {
		name string
		x    *mat.Dense
	}{{"integers", wholeNumbers(10_000, 21)}, {"long", longNumbers(10_000, 21)}} {
		b.Run(c.name, func(b *testing.B) {
			numbers := c.x.RawMatrix().Data
			buf := make([]byte, 0, 32*len(numbers))
			compare(b, "encoding/json",
				func() error { _, err := wire.AppendList(buf, numbers); return err },
				func() error { _, err := json.Marshal(numbers); return err })
		})
	}
	proba := longNumbers(170_000, 2)
	labels, second, rows := make(api.Labels, 170_000), make(api.Floats, 170_000), make([][]float64, 170_000)
	for i := range labels {
		labels[i], second[i], rows[i] = "no", proba.At(i, 1), proba.RawRowView(i)
	}
	answer := api.PredictResponse{Y: api.YRows{Values: second}, Labels: labels, Proba: api.NewProbaRows(proba), FitID: "a1b2"}
	marshal := func(v any) ([]byte, error) { return jsonv2.Marshal(v) } // as masters do
	ours := func() error { _, err := answer.AppendJSON(nil, marshal); return err }
	b.Run("probabilities", func(b *testing.B) {
		compare(b, "encoding/json", ours, func() error {
			_, err := json.Marshal(struct {
				Y     []float64   `json:"y_pred_rows"`
				Proba [][]float64 `json:"y_pred_proba"`
			}{second, rows})
			return err
		})
	})
	b.Run("probabilities-by-methods", func(b *testing.B) {
		compare(b, "jsonv2", ours, func() error { _, err := marshal(answer); return err })
	})
}
