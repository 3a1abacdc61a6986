package mlp

import "github.com/gochimera/chimera/learner"

// impossible is the score of a class that has no rows. exp(impossible) is as
// good as 0, and that it is finite lets it be a parameter like others.
const impossible = -745

// silenceAbsent gives the classes that d has no rows of, or rows of weight 0
// only, a score that never wins: nothing is known about them, and their weights
// would be what chance made them. Their probabilities being 0, so are the
// gradients, and training leaves it at that. It takes a network that ends in a
// dense layer, which others than a Perceptron may not.
func (n *network) silenceAbsent(d learner.Dataset) {
	last := len(n.layers) - 1
	layer := n.layers[last]
	two, binary := layer.(logit)
	if binary {
		layer = two.Layer
	}
	dense, ok := layer.(Dense)
	if !ok {
		return
	}
	has := make([]bool, len(d.Classes))
	for i, y := range d.Y {
		if d.Weight(i) > 0 {
			has[int(y)] = true
		}
	}
	params := n.part(n.params, last)
	coef := dense.coef(params)
	for class, there := range has {
		if there {
			continue
		}
		output, score := class, float64(impossible)
		if binary { // the output is for the second class, and against the first
			output, score = 0, impossible*float64(2*class-1)
		}
		for i := range coef.Rows {
			coef.Data[i*coef.Stride+output] = 0
		}
		params[dense.In*dense.Out+output] = score
	}
}
