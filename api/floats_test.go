package api_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

func TestFloatsRoundTrip(t *testing.T) {
	r := learner.NewRand(2)
	want := api.Floats{}
	for len(want) < 10_000 {
		if v := math.Float64frombits(r.Uint64()); v-v == 0 {
			want = append(want, v)
		}
	}
	b, err := json.Marshal(struct {
		Y api.Floats `json:"y_pred_rows"`
	}{want})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Y api.Floats `json:"y_pred_rows"`
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Y, want) {
		t.Error("the numbers read back differ")
	}
}

func TestFloatsMarshal(t *testing.T) {
	for _, c := range []struct {
		name string
		in   any
		want string
	}{
		{"list", api.Floats{11, 20.75, 60.5}, "[11.0,20.75,60.5]"},
		{"empty list", api.Floats{}, "[]"},
		{"nil list", api.Floats(nil), "[]"},
		{"matrix", api.NewProbaRows(mat.NewDense(2, 2, []float64{1, 2.5, 1e-7, 4})), "[[1.0,2.5],[1e-07,4.0]]"},
		{"part of a matrix", api.NewProbaRows(mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6}).Slice(0, 2, 0, 2).(*mat.Dense)), "[[1.0,2.0],[4.0,5.0]]"},
		{"empty matrix", api.NewProbaRows(&mat.Dense{}), "[]"},
		{"nil matrix", api.ProbaRows{}, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := json.Marshal(c.in)
			if err != nil || string(got) != c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		})
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, err := json.Marshal(api.Floats{1, v})
		var bad *wire.NotFiniteError
		if !errors.As(err, &bad) || bad.Row != -1 || bad.Column != 1 {
			t.Errorf("Floats with %v: got %v, want a NotFiniteError at value 1", v, err)
		}
	}
}

func TestFloatsUnmarshal(t *testing.T) {
	for _, c := range []struct {
		in   string
		want api.Floats // nil: an error
	}{
		{`[]`, api.Floats{}}, {` [ 1 , 2.5,-3e2 ] `, api.Floats{1, 2.5, -300}}, {`["1.5", 2]`, api.Floats{1.5, 2}},
		{`null`, nil}, {`5`, nil}, {`[null]`, nil}, {`[[1]]`, nil}, {`["x"]`, nil}, {`[1,]`, nil}, {`[1`, nil}, {`[1]2`, nil}, {`[true]`, nil},
	} {
		var got api.Floats
		err := got.UnmarshalJSON([]byte(c.in))
		if (err == nil) != (c.want != nil) || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.in, got, err, c.want)
		}
	}
}
