package api

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
)

// Paths at which every master explains its model.
const (
	PathImportances           = "/v1/chimera/importances"
	PathLinearCoefficients    = "/v1/chimera/coefficients"
	PathOutOfBag              = "/v1/chimera/out-of-bag"
	PathStructure             = "/v1/chimera/structure"
	PathPermutationImportance = "/v1/chimera/permutation-importance"
	PathPartialDependence     = "/v1/chimera/partial-dependence"
)

// Importances is the answer at PathImportances: how much each feature mattered to the learners, by what they have learned.
type Importances struct {
	FitID    string              `json:"fit_id"`
	Features []FeatureImportance `json:"features" nullable:"false" doc:"What the learners see: columns, or what the preparation makes of them."`
	Columns  []ColumnImportance  `json:"columns" nullable:"false" doc:"Sums over the features of each column of the rows as they come."`
	Workers  []WorkerImportances `json:"workers,omitzero" doc:"Each worker's own; absent if the master has one model."`
	Failures []WorkerFailure     `json:"failures,omitzero" doc:"The workers that did not answer, and why."`
}

// FeatureImportance is how much a feature mattered.
type FeatureImportance struct {
	Feature    string  `json:"feature"`
	Column     string  `json:"column" doc:"The column that it comes from."`
	Importance float64 `json:"importance" doc:"At least 0; all add up to 1, or are 0 if nothing was learned. The weighted mean of the workers'."`
}

// ColumnImportance is how much a column mattered.
type ColumnImportance struct {
	Column     string  `json:"column"`
	Importance float64 `json:"importance"`
}

// WorkerImportances are those of one worker's learner.
type WorkerImportances struct {
	Worker      string  `json:"worker"`
	Weight      float64 `json:"weight" doc:"Of the worker in the mean."`
	Importances Floats  `json:"importances" doc:"One per feature."`
}

// Structure is the answer at PathStructure: what a model for a task without targets has found in the rows.
type Structure struct {
	FitID      string        `json:"fit_id"`
	Task       learner.Task  `json:"task"`
	Features   []string      `json:"features" nullable:"false" doc:"What the learner sees: columns, or what the preparation makes of them."`
	Clusters   []ClusterInfo `json:"clusters,omitzero" doc:"Of a clustering whose clusters have centers: each of them."`
	Components Floats        `json:"explained_variance_ratio,omitzero" doc:"Of a decomposition: each component's share of the variance of the training rows."`
}

// ClusterInfo is a cluster of a model.
type ClusterInfo struct {
	Name   learner.Label `json:"cluster" doc:"As a prediction names it."`
	Weight float64       `json:"weight" doc:"Of its training rows; their number, if each weighs 1."`
	Center Floats        `json:"center" doc:"One number per feature."`
}

// LinearCoefficients is the answer at PathLinearCoefficients.
type LinearCoefficients struct {
	FitID    string               `json:"fit_id"`
	Task     learner.Task         `json:"task"`
	Features []FeatureOrigin      `json:"features" nullable:"false" doc:"The columns of all coefficients."`
	Outputs  []learner.Label      `json:"outputs,omitzero" doc:"Of a classifier: the class of each line; of two classes there may be one line, for the second."`
	Model    *LinearModel         `json:"model,omitzero" doc:"The master's, or the mean of the workers'; absent if these differ in shape or not all are linear."`
	Workers  []WorkerCoefficients `json:"workers,omitzero" doc:"Each worker's own model; absent if the master has one model."`
	Failures []WorkerFailure      `json:"failures,omitzero" doc:"The workers without coefficients, and why."`
}

// FeatureOrigin is a feature and the column that it comes from.
type FeatureOrigin struct {
	Feature string `json:"feature"`
	Column  string `json:"column" doc:"The column that it comes from; empty for a component of an approximated kernel, which comes from all."`
}

// LinearModel are coefficients (outputs x features) and intercepts (one per output).
type LinearModel struct {
	Coef      []Floats `json:"coef" nullable:"false" doc:"For features as the learner sees them; one line per output."`
	Intercept Floats   `json:"intercept"`

	OriginalCoef      []Floats `json:"original_coef,omitzero" doc:"For features on the scale of the columns; absent if none is scaled."`
	OriginalIntercept Floats   `json:"original_intercept,omitzero"`
}

// WorkerCoefficients are those of one worker's learner.
type WorkerCoefficients struct {
	Worker string  `json:"worker"`
	Weight float64 `json:"weight" doc:"Of the worker in the mean."`
	LinearModel
}

// OutOfBagScores is the answer at PathOutOfBag: how well each worker's learner predicts the rows that its bootstrap left out.
type OutOfBagScores struct {
	FitID    string           `json:"fit_id"`
	Workers  []WorkerOutOfBag `json:"workers" nullable:"false"`
	Failures []WorkerFailure  `json:"failures,omitzero" doc:"The workers that did not answer, and why."`
}

// WorkerOutOfBag is one worker's score.
type WorkerOutOfBag struct {
	Worker   string    `json:"worker"`
	OutOfBag *OutOfBag `json:"out_of_bag,omitzero" doc:"Absent without a bootstrap, or if it left out no rows that can be scored."`
}

// Defaults and limits of explanations.
const (
	DefaultRepeats    = 5
	MostRepeats       = 1000
	DefaultResolution = 100
	MostResolution    = 10_000
	DefaultLow        = 0.05
	DefaultHigh       = 0.95
)

// PermutationRequest is the body of a POST at PathPermutationImportance: rows and their truth as in a score.
type PermutationRequest struct {
	PredictRequest
	Truth   []learner.Label `json:"y_true" doc:"One label or number per row."`
	Repeats *int            `json:"n_repeats,omitzero" doc:"How often each column is permuted." default:"5" minimum:"1" maximum:"1000"`
	Seed    *uint64         `json:"seed,omitzero" doc:"Of the permutations: the same seed gives the same answer." default:"0" minimum:"0"`
	Metric  *string         `json:"metric,omitzero" doc:"By which the model is scored; the default is accuracy, or r2."`
}

// TransformSchema documents what the decoder takes, as that of PredictRequest.
func (PermutationRequest) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	s = PredictRequest{}.TransformSchema(r, s)
	for _, name := range []string{"accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "log_loss", "r2", "mean_squared_error", "mean_absolute_error"} {
		s.Properties["metric"].Enum = append(s.Properties["metric"].Enum, name)
	}
	return s
}

// PermutationImportances is its answer: by how much the model scores worse once the cells of a column have changed places
// (Breiman 2001).
type PermutationImportances struct {
	FitID    string                  `json:"fit_id"`
	Rows     int                     `json:"rows"`
	Metric   string                  `json:"metric"`
	Baseline float64                 `json:"baseline" doc:"The metric of the rows as they are."`
	Repeats  int                     `json:"n_repeats"`
	Seed     uint64                  `json:"seed"`
	Columns  []PermutationImportance `json:"columns" nullable:"false" doc:"Of the rows as they come, in the model's order."`
	Workers  []string                `json:"workers,omitzero" doc:"The workers whose answers were combined, in all predictions."`
	Failures []WorkerFailure         `json:"failures,omitzero" doc:"The workers that did not answer, and why."`
	Notes    []string                `json:"notes,omitzero" doc:"What to know of the rows, as in a prediction."`
}

// PermutationImportance is that of one column.
type PermutationImportance struct {
	Column      string  `json:"column"`
	Mean        float64 `json:"importance_mean" doc:"By how much the metric is worse on average; about 0 or less if the model does not need the column."`
	Std         float64 `json:"importance_std" doc:"Standard deviation over the permutations."`
	Importances Floats  `json:"importances" doc:"One per permutation."`
}

// DependenceRequest is the body of a POST at PathPartialDependence: rows as in predict, and a column of them.
type DependenceRequest struct {
	PredictRequest
	Column      string    `json:"column" doc:"The column that takes one value after another."`
	Resolution  *int      `json:"grid_resolution,omitzero" doc:"How many values, of a column with as many numbers." default:"100" minimum:"2" maximum:"10000"`
	Percentiles []float64 `json:"percentiles,omitzero" doc:"Shares of the rows below the lowest and the highest value (0.05, 0.95)." minItems:"2" maxItems:"2"`
}

// TransformSchema documents what the decoder takes, as that of PredictRequest.
func (DependenceRequest) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	s = PredictRequest{}.TransformSchema(r, s)
	low, high, one := 0.0, 1.0, 1
	percentiles := s.Properties["percentiles"]
	percentiles.Nullable, percentiles.Items.Minimum, percentiles.Items.Maximum = false, &low, &high
	s.Properties["column"].MinLength = &one
	return s
}

// PartialDependence is its answer: what the model answers on average over the rows, if they all have one value in the column, for
// each value (Friedman 2001).
type PartialDependence struct {
	FitID      string          `json:"fit_id"`
	Rows       int             `json:"rows"`
	Column     string          `json:"column"`
	Kind       prepare.Kind    `json:"kind" enum:"numeric,categorical"`
	Values     Floats          `json:"values,omitzero" doc:"Of a column of numbers, ascending."`
	Categories []learner.Label `json:"categories,omitzero" doc:"Of a column of categories: those of the rows."`
	Classes    []learner.Label `json:"classes,omitzero" doc:"Of a classifier: the class of each line."`
	Average    []Floats        `json:"average" nullable:"false" doc:"One line per class, or one for a regressor; one number per value or category."`
	Workers    []string        `json:"workers,omitzero" doc:"The workers whose answers were combined, in all predictions."`
	Failures   []WorkerFailure `json:"failures,omitzero" doc:"The workers that did not answer, and why."`
	Notes      []string        `json:"notes,omitzero" doc:"What to know of the rows, as in a prediction."`
}
