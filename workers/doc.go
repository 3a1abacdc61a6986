// Package workers holds the workers: the servers that keep a share of the
// rows, or of the model, and do what a master asks.
//
// A generated main calls Main with a Spec and nothing else. What all workers
// share (the process's life in main.go, health in node.go) is written once; the model worker
// (model.go, model_fit.go, model_predict.go) fits any Estimator on its own rows and serves it; the
// sgd worker (sgd.go, sgd_session.go, sgd_step.go, sgd_python.go) answers a parameter server's steps; the
// stage worker (stage.go, stage_*.go) has some of a network's layers, and trains them with its neighbours.
// Frames (frames.go) and faults (faults.go) belong to both of the latter.
//
// The package may import learner, registry and internal rooms; it names no
// learner and knows no master.
package workers
