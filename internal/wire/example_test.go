package wire_test

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/wire"
)

func ExampleDecodePredict() {
	rows, err := wire.DecodePredict([]byte(`{"X_pred_columns": [" A", "b"], "X_pred_rows": [[1.5, "2"], [true, "red"]]}`), wire.RowsLimits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rows.Columns)
	fmt.Println(mat.Formatted(rows.X))
	fmt.Println(rows.Text(1, 1))
	_, err = wire.DecodePredict([]byte(`{"X_pred_columns": ["a", "b"], "X_pred_rows": [[1, 2], [3, []], [5]]}`), wire.RowsLimits{})
	fmt.Println(err)
	// Output:
	// [a b]
	// ⎡1.5    2⎤
	// ⎣  1  NaN⎦
	// red true
	// X_pred_rows[1][1]: expected a number, a text or null for column b, found a list (and 1 more)
}

func ExampleEncode() {
	type step struct {
		Step int `json:"step"`
	}
	frame, err := wire.Encode(nil, step{7}, wire.Vector("gradient", []float64{0.5, -1}))
	if err != nil {
		fmt.Println(err)
		return
	}
	var s step
	arrays, err := wire.Decode(frame, &s)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Step, arrays[0].Name, arrays[0].Data)
	// Output: 7 gradient [0.5 -1]
}
