package learner

import (
	"context"
	"encoding"
	"log/slog"

	"gonum.org/v1/gonum/mat"
)

// Estimator is what every learner is: something that learns from rows and
// answers for new ones.
type Estimator interface {
	// Fit learns from train and replaces what was learned before. It returns
	// soon after ctx ends, with ctx's error, and then keeps the old model, as
	// after every other error.
	Fit(ctx context.Context, train Dataset) error
	// Predict answers one value per row of x (rows x features, in the order of
	// the Schema it was fitted with): the target for a regressor, the class
	// index for a classifier, the cluster's for a Clusterer. It is ErrNotFitted
	// before the first Fit.
	Predict(ctx context.Context, x *mat.Dense) ([]float64, error)
}

// Classifier is an Estimator that knows how sure it is of a row's class, or of its cluster.
type Classifier interface {
	Estimator
	// PredictProba returns rows x len(Schema.Classes) probabilities, or rows x
	// clusters of a Clusterer; each row sums to 1.
	PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error)
}

// Block is one named part of a parameter vector, such as the coefficients or
// the intercept.
type Block struct {
	Name      string // unique within the learner
	Shape     []int  // row-major; the product is the number of values
	Penalised bool   // false for intercepts: penalties leave them alone
}

// Len is the number of values in the block.
func (b Block) Len() int {
	n := 1
	for _, d := range b.Shape {
		n *= d
	}
	return n
}

// Step says where in a training run a gradient is asked for. A learner that
// draws random numbers (dropout) derives them from it, never from a clock or
// from what it computed before.
type Step struct {
	Seed  uint64 // the run's seed
	Epoch int    // from 0
	Index int    // steps since the run began, from 0
}

// Differentiable is an Estimator whose loss has a gradient, which is what a
// parameter server needs.
type Differentiable interface {
	Estimator
	// Init prepares an unfitted model for rows of this schema, with the
	// initial parameters that its seed gives, and describes the parameter
	// vector part by part.
	Init(s Schema) ([]Block, error)
	// Parameters returns a copy of the parameter vector, block after block.
	Parameters() []float64
	// SetParameters replaces the parameter vector by a copy of p; a wrong length
	// or a value that is not finite is an error. The model is fitted then: it
	// predicts.
	SetParameters(p []float64) error
	// Gradient writes the gradient of the data loss, SUMMED over the rows of
	// batch (each times its weight), into into (len = the number of parameters)
	// and returns the sums of the losses and of the weights. Penalties are not
	// part of it. The result depends on the parameters, at and batch alone.
	Gradient(ctx context.Context, at Step, batch Dataset, into []float64) (lossSum, weight float64, err error)
}

// LayerSpec describes one layer of a Layered learner without allocating it.
type LayerSpec struct {
	Name       string
	In, Out    int     // values per row
	Parameters int     // number of parameters
	Cost       float64 // multiply-adds per row, forward and backward
}

// Layered is a network whose layers can live on different machines, which is
// what a pipeline needs.
type Layered interface {
	Differentiable
	// Layers lists the layers for rows of this schema; nothing is allocated.
	Layers(s Schema) ([]LayerSpec, error)
	// Build makes the layers [from, to) only. Their initial parameters depend
	// on the seed and the layer, not on the cut.
	Build(s Schema, from, to int) (Stage, error)
}

// Stage is a contiguous run of layers of a Layered learner.
type Stage interface {
	// Forward computes the stage's output for one micro-batch, rows x Out.
	// rows are global row ids; what Backward needs is kept under micro.
	Forward(ctx context.Context, at Step, micro int, rows []uint64, x *mat.Dense) (*mat.Dense, error)
	// Backward takes the gradient of the loss by the stage's output, adds the
	// gradient by the stage's parameters to into, forgets what Forward kept
	// under micro, and returns the gradient by the stage's input.
	Backward(ctx context.Context, micro int, dOut *mat.Dense, into []float64) (*mat.Dense, error)
	// Blocks, Parameters and SetParameters are those of Differentiable, for this stage's layers.
	Blocks() []Block
	Parameters() []float64
	SetParameters(p []float64) error
}

// StagePredictor is a Stage that can also predict. A stage whose layers compute
// differently in training (dropout) must be one, since Forward computes as in training.
type StagePredictor interface {
	Stage
	// Predict computes the stage's output for rows to be predicted, rows x Out.
	// It keeps nothing.
	Predict(ctx context.Context, x *mat.Dense) (*mat.Dense, error)
}

// StageStart is a Stage that can go back without the gradient by its input,
// which nobody needs from the first stage.
type StageStart interface {
	Stage
	// BackwardStart is Backward without its first result.
	BackwardStart(ctx context.Context, micro int, dOut *mat.Dense, into []float64) error
}

// Objective is what a Layered learner makes of its last layer's output: a loss
// to train by, and answers. It needs none of the layers, so whoever has the
// last stage can use it on a model that was never prepared or fitted.
type Objective interface {
	// OutputLoss writes the gradient by out of the loss, summed over the rows
	// each times its weight, into dOut (rows x Out, as out is), and returns the
	// sum of the losses and of the weights. y and weights are as in Dataset.
	OutputLoss(out *mat.Dense, y, weights []float64, dOut *mat.Dense) (lossSum, weight float64, err error)
	// OutputAnswers returns what Predict answers for rows with this output
	// and, of a Classifier, PredictProba; else proba is nil.
	OutputAnswers(out *mat.Dense) (predicted []float64, proba *mat.Dense, err error)
}

// Snapshotter is a learner whose fitted state can be stored. The encoding is
// versioned and checksummed; damaged or hostile input is an error, decoded
// within bounded memory.
type Snapshotter interface {
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

// Importancer is a learner that can say how much each feature mattered.
type Importancer interface {
	// FeatureImportances returns one number >= 0 per feature; they sum to 1, or
	// are all 0 if nothing was learned. It is nil before Fit.
	FeatureImportances() []float64
}

// Coefficienter is a linear learner that can show its coefficients, on the
// scale of the features it was given.
type Coefficienter interface {
	// Coefficients returns outputs x features coefficients and one intercept
	// per output; nil before Fit.
	Coefficients() (coef *mat.Dense, intercept []float64)
}

// Env is what a learner gets from the place it runs in.
type Env struct {
	Seed  uint64       // of everything random in the learner
	Procs int          // how many threads it may use; 0 means 1
	Log   *slog.Logger // never nil when the registry makes the learner
}

// Traits says how a learner may differ from the rest. The zero value is the
// strictest, and the usual one.
type Traits struct {
	AllowsMissing    bool `json:"allows_missing"`    // NaN in X means "missing" and is fine
	NonDeterministic bool `json:"non_deterministic"` // two fits with one seed may differ
	NotCancellable   bool `json:"not_cancellable"`   // Fit may run on after its context ends
	// SamplesRows: Fit draws rows at random (bootstrap, shuffled mini-batches), so a weight of k does what
	// k repeated rows do only on average; a row of weight 0 still teaches nothing.
	SamplesRows bool `json:"samples_rows"`
	// WholeWeights: row weights are counts; a fractional one is a DataError. For learners that can only
	// repeat rows.
	WholeWeights bool `json:"whole_weights"`
	// NonNegativeLoss: the loss of a row is never negative, so a master refuses a worker's loss that is. A
	// log-likelihood of counts, for example, may be.
	NonNegativeLoss bool `json:"non_negative_loss"`
	// KeepsScale: what is learned does not depend on the features having one scale (trees), or needs them as
	// they are (counts), so that they are not scaled unless a setting says so.
	KeepsScale bool `json:"keeps_scale"`
	// Ordinals: categories may be given as ordinal codes, one feature each, because features are only
	// compared with thresholds. For all other learners each category is a feature of its own.
	Ordinals bool `json:"ordinals"`
}
