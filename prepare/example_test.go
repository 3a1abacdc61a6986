package prepare_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// Two workers hold the rows of one table. Neither sees the other's, and both prepare theirs in the same way.
func Example() {
	ctx := context.Background()
	columns := []string{"age", "city"}
	shards := []table.Rows{
		rowsOf(columns, []any{20.0, "Rome"}, []any{nil, "Oslo"}),
		rowsOf(columns, []any{40.0, "Oslo"}),
	}
	q := prepare.Question{Columns: columns, Texts: []string{"city"}, Needs: prepare.Needs{Complete: true, Scale: true}}
	var summaries []*prepare.Summary
	for _, rows := range shards {
		s, err := prepare.Summarise(ctx, q, rows, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		summaries = append(summaries, s)
	}
	p, err := prepare.Agree(q, summaries)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Features())
	x, err := p.Transform(ctx, shards[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f\n", mat.Formatted(x))
	// Output:
	// [age city=oslo city=rome]
	// ⎡-1.2247   0.0000   1.0000⎤
	// ⎣ 0.0000   1.0000   0.0000⎦
}
