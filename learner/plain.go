package learner

import "slices"

// Linked is a linear learner whose answers follow from its coefficients alone: those of x coef' + intercept, by its link.
type Linked interface {
	Estimator
	Coefficienter
	// Link says what its answers are, given those scores; "" if the learner is not fitted or no Link says it.
	Link() Link
}

// Forester is a learner whose model is a sum of decision trees.
type Forester interface {
	Estimator
	// Forest returns the fitted trees, the caller's own; nil before Fit.
	Forest() *Forest
}

// Forest is the model of a Forester: a row's scores are Base plus Scale times the sum, over the trees in their order, of the
// values of the leaf that the row comes to; the link makes answers of them. A mean of trees has the Scale 1 / len(Trees).
type Forest struct {
	Features int
	Outputs  int            // scores per row
	Trees    []DecisionTree // at least one
	Base     []float64      // one per output; nil for zeros
	Scale    float64
	Link     Link
}

// DecisionTree is one tree of a Forest. Node 0 is the root.
type DecisionTree struct {
	Nodes  []TreeNode
	Values []float64 // answers x outputs, row-major
}

// TreeNode is a split or a leaf.
type TreeNode struct {
	Feature     int     // that is compared; -1 of a leaf
	Threshold   float64 // a row whose value is at most this goes left; +Inf: every row but those without a value
	MissingLeft bool    // a row without a value (NaN) goes left
	Left, Right int     // nodes
	Answer      int     // of a leaf: its row in Values

	Categories *TreeCategories // instead of a threshold; nil: there is one
}

// TreeCategories are the values of a feature that go to either side of a split, ascending. A row with another value goes where one without a
// value does.
type TreeCategories struct{ Left, Right []float64 }

// left reports whether a row with this value of the feature goes left.
func (n *TreeNode) left(v float64) bool {
	if n.Categories == nil {
		return v <= n.Threshold || v != v && n.MissingLeft
	}
	if slices.Contains(n.Categories.Left, v) {
		return true
	}
	return n.MissingLeft && !slices.Contains(n.Categories.Right, v)
}

// Leaf reports whether the node is a leaf.
func (n TreeNode) Leaf() bool { return n.Feature < 0 }

// Find is the answer of the leaf that a row comes to: one number per output. The caller must not change it.
func (t DecisionTree) Find(row []float64, outputs int) []float64 {
	n := t.Nodes[0]
	for !n.Leaf() {
		if n.left(row[n.Feature]) {
			n = t.Nodes[n.Left]
		} else {
			n = t.Nodes[n.Right]
		}
	}
	return t.Values[n.Answer*outputs : (n.Answer+1)*outputs]
}

// Scores writes the scores of a row of Features values into into, Outputs numbers.
func (f *Forest) Scores(row, into []float64) {
	clear(into)
	for _, t := range f.Trees {
		for o, v := range t.Find(row, f.Outputs) {
			into[o] += v
		}
	}
	for o := range into {
		into[o] *= f.Scale
		if f.Base != nil {
			into[o] += f.Base[o]
		}
	}
}

// Networker is a learner whose model is a feed-forward network.
type Networker interface {
	Estimator
	// Network returns the layers of the fitted network, the caller's own. It is nil before Fit; a layer that no LayerKind
	// stands for is an error that wraps ErrNotPlain.
	Network() (*Network, error)
}

// Network is the model of a Networker. The last layer's outputs are the scores, of which the link makes answers.
type Network struct {
	Layers []NetworkLayer // at least one
	Link   Link
}

// NetworkLayer is one layer of a Network as it computes in prediction: a function of rows x In values that gives rows x Out.
type NetworkLayer struct {
	Name    string // unique within the network, as in "dense_1"
	Kind    LayerKind
	In, Out int
	// Params are, of DenseLayer, the coefficients (In x Out, row-major) and the intercepts (Out); of NormLayer the gains and
	// the biases (Out each) and one number that is added to the variance; of the others none.
	Params [][]float64
}

// LayerKind says what a layer computes.
type LayerKind string

// The layers.
const (
	DenseLayer    LayerKind = "dense"      // x coef + intercept
	NormLayer     LayerKind = "layer_norm" // mean 0 and variance 1 over the row's values, times gain, plus bias (Ba, Kiros, Hinton 2016)
	ReLULayer     LayerKind = "relu"       // max(0, x)
	TanhLayer     LayerKind = "tanh"
	LogisticLayer LayerKind = "logistic" // 1 / (1 + exp(-x))
	GELULayer     LayerKind = "gelu"     // x times the normal distribution function of x
	IdentityLayer LayerKind = "identity" // also dropout, which does nothing in prediction
)
