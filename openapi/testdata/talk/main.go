// Command talk asks a master by the client that was generated from its OpenAPI document, which is the rest of this package,
// and prints what it understood.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
)

// said is what the program prints.
type said struct {
	Before   string      `json:"before"` // code of a prediction before the first fit
	Fit      string      `json:"fit"`    // its ID
	Serving  string      `json:"serving"`
	Workers  int         `json:"workers"`
	Proba    [][]float64 `json:"proba"`
	Accuracy float64     `json:"accuracy"`
	Drop     float64     `json:"drop"` // of accuracy, without the first column
	Column   string      `json:"column"`
	Models   int         `json:"models"`
	Run      string      `json:"run"`
	Refused  string      `json:"refused"` // code of a prediction without a column
	Fault    string      `json:"fault"`   // where the body is wrong
}

func main() {
	log.SetFlags(0)
	if err := talk(context.Background(), os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

// talk asks the master at a URL about rows: the body of a score.
func talk(ctx context.Context, url, rows string) error {
	c, err := NewClientWithResponses(url)
	if err != nil {
		return err
	}
	var score PostAggregationScoreJSONRequestBody
	var predict PostAggregationPredictJSONRequestBody
	var permute PostPermutationImportanceJSONRequestBody
	for _, body := range []any{&score, &predict, &permute} {
		if err := json.Unmarshal([]byte(rows), body); err != nil {
			return err
		}
	}
	var s said
	early, err := c.PostAggregationPredictWithResponse(ctx, nil, predict)
	if err != nil {
		return err
	}
	s.Before = early.ApplicationproblemJSON409.Code
	fit, err := c.PostAggregationFitWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	s.Fit = fit.JSON200.FitId
	status, err := c.GetStatusWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	s.Serving, s.Workers = *status.JSON200.FitId, len(status.JSON200.Workers)
	predicted, err := c.PostAggregationPredictWithResponse(ctx, nil, predict)
	if err != nil {
		return err
	}
	s.Proba = *predicted.JSON200.YPredProba
	scored, err := c.PostAggregationScoreWithResponse(ctx, nil, score)
	if err != nil {
		return err
	}
	s.Accuracy = scored.JSON200.Classification.Accuracy
	importance, err := c.PostPermutationImportanceWithResponse(ctx, nil, permute)
	if err != nil {
		return err
	}
	first := importance.JSON200.Columns[0]
	s.Column, s.Drop = first.Column, first.ImportanceMean
	models, err := c.GetModelsWithResponse(ctx)
	if err != nil {
		return err
	}
	s.Models = len(models.JSON200.Models)
	run, err := c.GetRunsIdWithResponse(ctx, "latest")
	if err != nil {
		return err
	}
	s.Run = run.JSON200.Id
	var narrow PostAggregationPredictJSONRequestBody
	if err := json.Unmarshal([]byte(`{"X_pred_columns":["a"],"X_pred_rows":[[1]]}`), &narrow); err != nil {
		return err
	}
	refused, err := c.PostAggregationPredictWithResponse(ctx, nil, narrow)
	if err != nil {
		return err
	}
	problem := refused.ApplicationproblemJSON422
	s.Refused, s.Fault = problem.Code, (*problem.Errors)[0].Location
	text, err := json.Marshal(s)
	if err == nil {
		fmt.Println(string(text))
	}
	return err
}
