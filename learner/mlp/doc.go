// Package mlp has the multi-layer perceptrons, "mlp-classifier" and
// "mlp-regressor", and the layers they are made of.
//
// Parameters, defaults and the objective are those of scikit-learn's
// MLPClassifier and MLPRegressor; what it does not have (dropout, layer
// normalisation, gelu, the Huber loss, AdamW, two more schedules) is named as
// in its other learners or in the literature. Neither features nor targets are
// standardised here.
//
// # Layers
//
// A network is a list of layers. A [Layer] is a function of its input and its
// parameters, with its gradient; it holds neither parameters nor memory, so one
// layer serves many goroutines and many micro-batches at once. To make
// another network, write a layer or two, list them in an [Architecture], and
// give that to [NewClassifier] or [NewRegressor]: everything else (training, the
// parameter server, the pipeline, snapshots) follows. Package layertest checks a
// layer in one line.
//
// # Which bits
//
// A row's output depends on that row alone, also to the last bit. Sums over
// rows are formed in the order of the rows, piece by piece of a fixed size.
// Initial parameters are a function of the seed and the layer; dropout draws
// from the run's seed, the step, the layer, the row's id and the unit. So
// neither the number of threads, nor the cut of a network into stages, nor the
// batch that a row is predicted in changes a bit. The architecture may: see
// package kernel.
//
// Training in single precision ([Training], precision) concerns the products of
// matrices in a Dense's Forward and Backward alone. What lies between layers, the sums
// of gradients over pieces, the optimiser and every prediction are in double
// precision, so a snapshot does not say how its network was trained, and all of
// the above holds.
//
// The package imports learner, its loss, numeric, optimise and snapshot, registry,
// metrics and internal/kernel.
package mlp
