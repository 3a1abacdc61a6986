package client

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// What a master says of its model, as it is sent.
type (
	// Importances are how much each feature mattered to the learners.
	Importances = api.Importances
	// LinearCoefficients are those of linear learners.
	LinearCoefficients = api.LinearCoefficients
	// OutOfBagScores are how well each worker predicts the rows that its bootstrap left out.
	OutOfBagScores = api.OutOfBagScores
	// Structure is what a model without targets has found in the rows.
	Structure = api.Structure
	// PermutationImportances are how much the model needs each column.
	PermutationImportances = api.PermutationImportances
	// PartialDependence is what the model answers as one column changes.
	PartialDependence = api.PartialDependence
)

// Importances are the feature importances of the model's learners. It is a *Problem with the code not_explained if a learner
// has none.
func (c *Client) Importances(ctx context.Context) (*Importances, error) {
	return call[Importances](ctx, c, http.MethodGet, api.PathImportances, nil)
}

// LinearCoefficients are the coefficients of linear learners, of every kind of master. It is a *Problem with the code not_explained if
// no learner is linear.
func (c *Client) LinearCoefficients(ctx context.Context) (*LinearCoefficients, error) {
	return call[LinearCoefficients](ctx, c, http.MethodGet, api.PathLinearCoefficients, nil)
}

// Structure is what a model without targets has found: its clusters, or its components. It is a *Problem with the code not_explained if
// the model predicts a target.
func (c *Client) Structure(ctx context.Context) (*Structure, error) {
	return call[Structure](ctx, c, http.MethodGet, api.PathStructure, nil)
}

// OutOfBag are the out-of-bag scores of workers that have drawn a bootstrap of their rows.
func (c *Client) OutOfBag(ctx context.Context) (*OutOfBagScores, error) {
	return call[OutOfBagScores](ctx, c, http.MethodGet, api.PathOutOfBag, nil)
}

// PermutationOptions say how permutation importance is measured; the zero value has the master's defaults.
type PermutationOptions struct {
	Repeats int // how often each column is permuted; 0 is api.DefaultRepeats
	Seed    uint64
	Metric  string // such as accuracy or r2; empty is the task's usual one
}

// PermutationImportance measures by how much the model scores worse on these rows once the cells of a column have changed
// places (Breiman 2001). It works for any model, and ends soon after ctx does, in the master too.
func (c *Client) PermutationImportance(ctx context.Context, rows table.Rows, truth []learner.Label, o PermutationOptions) (*PermutationImportances, error) {
	fields := map[string]any{"y_true": truth, "seed": o.Seed}
	if o.Repeats != 0 {
		fields["n_repeats"] = o.Repeats
	}
	if o.Metric != "" {
		fields["metric"] = o.Metric
	}
	body, err := c.rowsAnd(rows, fields)
	if err != nil {
		return nil, err
	}
	return call[PermutationImportances](ctx, c, http.MethodPost, api.PathPermutationImportance, c.decide(body))
}

// DependenceOptions say which values a column takes; the zero value has the master's defaults.
type DependenceOptions struct {
	Resolution int     // how many values, of a column with at least so many numbers; 0 is api.DefaultResolution
	Low, High  float64 // shares of the rows below the lowest and the highest of them; both 0 are api.DefaultLow and api.DefaultHigh
}

// PartialDependence is what the model answers on average over these rows if they all have one value in a column, for each value
// (Friedman 2001). It works for any model, and ends soon after ctx does, in the master too.
func (c *Client) PartialDependence(ctx context.Context, rows table.Rows, column string, o DependenceOptions) (*PartialDependence, error) {
	fields := map[string]any{"column": column}
	if o.Resolution != 0 {
		fields["grid_resolution"] = o.Resolution
	}
	if o.Low != 0 || o.High != 0 {
		fields["percentiles"] = []float64{o.Low, o.High}
	}
	body, err := c.rowsAnd(rows, fields)
	if err != nil {
		return nil, err
	}
	return call[PartialDependence](ctx, c, http.MethodPost, api.PathPartialDependence, body)
}

// rowsAnd is the body of a request with rows and further fields.
func (c *Client) rowsAnd(rows table.Rows, fields map[string]any) ([]byte, error) {
	body, err := wire.EncodePredict(nil, rows)
	if err != nil {
		return nil, fmt.Errorf("the rows cannot be sent: %w", err)
	}
	more, err := json.Marshal(fields, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("the options cannot be sent: %w", err)
	}
	return append(append(body[:len(body)-1], ','), more[1:]...), nil // in place of the closing and the opening brace
}
