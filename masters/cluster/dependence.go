package cluster

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/explain"
	"github.com/gochimera/chimera/internal/cell"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

func (c *Cluster) handleDependence(o Operations) {
	op := rest.Fails(huma.Operation{
		Method: http.MethodPost, Path: api.PathPartialDependence, Summary: "What the model answers as one column changes", Tags: []string{"model"},
		Description: "The mean answer over the rows if they all had one value in the column, for each value (Friedman 2001): a number for a regressor, " +
			"a probability per class for a classifier. Values of a column of numbers are those of the rows if they are fewer than grid_resolution, or else so many at " +
			"one distance between two percentiles; of a column of categories, those of the rows. It takes a prediction per value, one after the other, and " +
			"ends when the caller goes.",
	}, slices.Concat(modelCodes, o.Codes)...)
	handleRows(c, op, api.DependenceRequest{}, exampleDependence(), func(ctx context.Context, body []byte) (*api.PartialDependence, error) {
		rows, err := c.decodeCopied(ctx, body)
		if err != nil {
			return nil, err
		}
		how := depending{resolution: api.DefaultResolution, percentiles: []float64{api.DefaultLow, api.DefaultHigh}}
		if err := how.decode(body); err != nil {
			return nil, err
		}
		return steadily(ctx, c, o, func(s *steady) (*api.PartialDependence, error) { return how.measure(ctx, s, rows) })
	})
}

// depending are the options of a request.
type depending struct {
	column      string
	resolution  int
	percentiles []float64
}

func (how *depending) decode(body []byte) error {
	const want = "want the name of a column"
	if err := option(body, "column", &how.column, want, func() bool { return cell.Name(how.column) != "" }); err != nil {
		return err
	}
	if how.column == "" {
		return refusedOption("column", "this field is missing; "+want, "")
	}
	how.column = cell.Name(how.column)
	if err := option(body, "grid_resolution", &how.resolution, fmt.Sprintf("want a whole number from 2 to %d", api.MostResolution), func() bool {
		return how.resolution >= 2 && how.resolution <= api.MostResolution
	}); err != nil {
		return err
	}
	return option(body, "percentiles", &how.percentiles, "want two shares from 0 to 1, the lower one first, such as [0.05, 0.95]", func() bool {
		p := how.percentiles
		return len(p) == 2 && p[0] >= 0 && p[1] <= 1 && p[0] < p[1]
	})
}

// grid are the values that the column takes, of the kind that the model takes it for.
func (how *depending) grid(model *Model, rows Rows) (explain.Grid, prepare.Kind, error) {
	used, err := model.used(rows)
	if err != nil {
		return explain.Grid{}, "", err
	}
	kind := prepare.Kind("")
	for _, name := range used {
		if name == how.column {
			kind = prepare.Numeric
		}
	}
	if model.Preparation != nil {
		for _, c := range model.Preparation.Columns {
			if c.Name == how.column {
				kind = c.Kind
			}
		}
	}
	switch kind {
	case prepare.Numeric:
		g, err := explain.Numbers(rows.Rows, how.column, how.resolution, [2]float64{how.percentiles[0], how.percentiles[1]})
		return g, kind, err
	case prepare.Categorical:
		g, err := explain.Categories(rows.Rows, how.column)
		return g, kind, err
	case prepare.Dropped:
		return explain.Grid{}, kind, refusedOption("column", "the model does not use this column: it was dropped when the model was fitted", how.column)
	default:
		return explain.Grid{}, kind, refusedOption("column", "the model has no such column; it has "+some(used), how.column)
	}
}

// measure answers for each value of the column.
func (how *depending) measure(ctx context.Context, s *steady, rows Rows) (*api.PartialDependence, error) {
	model := s.cluster.master.Model()
	g, kind, err := how.grid(&model, rows)
	if err == nil {
		err = bounded(rows.Len(), g.Len(), "lower grid_resolution")
	}
	if err != nil {
		return nil, rest.CellProblem(err, rows.Columns)
	}
	average, err := explain.Dependence(ctx, g, func(ctx context.Context, changed table.Rows) (*mat.Dense, error) {
		p, err := s.predict(ctx, Rows{changed})
		switch {
		case err != nil:
			return nil, err
		case model.FitID != "" && p.Model.FitID != model.FitID:
			return nil, &movedError{fmt.Sprintf("fit %s was put into service in place of %s", p.Model.FitID, model.FitID)}
		case p.Combined.Proba != nil:
			return p.Combined.Proba, nil
		default:
			return mat.NewDense(len(p.Combined.Values), 1, p.Combined.Values), nil
		}
	})
	if err != nil {
		return nil, err
	}
	return &api.PartialDependence{
		FitID: s.first.Model.FitID, Rows: rows.Len(), Column: how.column, Kind: kind, Values: g.Values, Categories: g.Categories,
		Classes: s.first.Model.Classes, Average: lists(average), Workers: nameAll(s.first.Members), Failures: s.first.Failures, Notes: s.first.Notes,
	}, nil
}
