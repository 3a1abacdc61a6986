// Package layertest checks a layer of a network, ours or yours, in one
// line:
//
//	func TestMyLayer(t *testing.T) { layertest.Run(t, myLayer) }
//
// The package imports learner, learner/numeric, learner/mlp and gonum.
package layertest
