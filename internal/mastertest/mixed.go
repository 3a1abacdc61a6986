package mastertest

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// MixedColumns are the columns of a mixed table.
var MixedColumns = []string{"age", "colour", "size", "member"}

// Mixed makes a table of numbers, texts and booleans with missing cells, as a worker's files and requests have them: each row has a cell per
// column of MixedColumns, nil where it is missing, and a target that depends on them: yes or no if classes is true, else a number.
func Mixed(n int, classes bool) (rows [][]any, targets []string) {
	random := learner.NewRand(uint64(n))
	colours := []string{"red", "green", "blue", "very rare"}
	for i := range n {
		age, size := 20+40*random.Float64(), random.NormFloat64()
		colour := min(random.IntN(4), random.IntN(3))
		if i == n-1 {
			colour = 3 // only the last shard has it
		}
		member := random.IntN(2) == 1
		y := age/20 + 2*float64(colour) + size + 0.3*random.NormFloat64()
		row := []any{math.Round(age), colours[colour], size, member}
		for j := range row {
			if random.IntN(12) == 0 {
				row[j] = nil
			}
		}
		rows = append(rows, row)
		target := fmt.Sprint(y)
		if classes {
			target = map[bool]string{true: "yes", false: "no"}[y > 4]
		}
		targets = append(targets, target)
	}
	return rows, targets
}

// MixedTable are the rows as a worker holds them: its second column has texts, and a boolean is 1 or 0.
func MixedTable(rows [][]any) table.Rows {
	t := table.Rows{Columns: MixedColumns, X: mat.NewDense(len(rows), len(MixedColumns), nil), Texts: make([]*table.Texts, len(MixedColumns))}
	texts := &table.Texts{Codes: slices.Repeat([]int32{-1}, len(rows))}
	t.Texts[1] = texts
	for i, row := range rows {
		for j, v := range row {
			x := math.NaN()
			switch v := v.(type) {
			case float64:
				x = v
			case bool:
				x = 0
				if v {
					x = 1
				}
			case string:
				if !slices.Contains(texts.Values, v) {
					texts.Values = append(texts.Values, v)
				}
				texts.Codes[i] = int32(slices.Index(texts.Values, v))
			}
			t.X.Set(i, j, x)
		}
	}
	return t
}

// MixedShard writes rows from one to another as a worker's files.
func MixedShard(rows [][]any, targets []string, from, to int) Shard {
	x := []string{strings.Join(MixedColumns, ",")}
	for _, row := range rows[from:to] {
		cells := make([]string, len(row))
		for j, v := range row {
			if v != nil {
				cells[j] = fmt.Sprint(v)
			}
		}
		x = append(x, strings.Join(cells, ","))
	}
	return Shard{X: strings.Join(x, "\n") + "\n", Y: "target\n" + strings.Join(targets[from:to], "\n") + "\n"}
}

// MixedShards deals rows out to n workers in order, in shards of unequal size.
func MixedShards(rows [][]any, targets []string, n int) (shards []Shard) {
	from := 0
	for k := range n {
		to := len(rows) * (k + 1) * (k + 2) / (n * (n + 1))
		shards = append(shards, MixedShard(rows, targets, from, to))
		from = to
	}
	return shards
}

// MixedRequest asks for predictions for rows, with further columns that no model has.
func MixedRequest(rows [][]any) string {
	wide := make([][]any, len(rows))
	for i, row := range rows {
		wide[i] = append([]any{fmt.Sprintf("id %d", i)}, row...)
	}
	body, err := json.Marshal(map[string]any{"X_pred_columns": append([]string{"id"}, MixedColumns...), "X_pred_rows": wide})
	if err != nil { // there is nothing but numbers and texts
		panic(err)
	}
	return string(body)
}

// DocumentedRequest is the example request of a path in the master's OpenAPI document.
func (c *Cluster) DocumentedRequest(path string) (example, description string) {
	c.T.Helper()
	_, text := c.Send("GET", "/openapi.json", "", "")
	var doc struct {
		Paths map[string]struct {
			Post struct {
				RequestBody struct {
					Description string
					Content     map[string]struct{ Example json.RawMessage }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		c.T.Fatal(err)
	}
	body := doc.Paths[path].Post.RequestBody
	return string(body.Content["application/json"].Example), body.Description
}

// CheckDocument checks that the master's document shows the columns of the model in service, and that its examples are answered as
// they are.
func (c *Cluster) CheckDocument(columns ...string) {
	c.T.Helper()
	for _, path := range []string{c.Paths().Predict, c.Paths().Score, api.PathPermutationImportance, api.PathPartialDependence} {
		example, description := c.DocumentedRequest(path)
		for _, name := range columns {
			if !strings.Contains(example, `"`+name+`"`) || !strings.Contains(description, "`"+name+"`: ") {
				c.T.Errorf("%s: the document does not show the column %s: %s\n%s", path, name, example, description)
			}
		}
		if status, answer := c.Post(path, example); status != 200 {
			c.T.Errorf("%s: the example %s is answered with %d %s", path, example, status, answer)
		}
	}
}
