// Package masters holds the masters: what accepts a client's fit and predict
// and has workers carry them out.
//
// A master never names a learner: it asks the workers what they have, and
// refuses at the start those that lack a capability it needs. What all masters
// share is here too, once: the pool of workers (pool.go), fit jobs (jobs.go),
// events (broker.go), the HTTP endpoints that every master has (server.go)
// and the docs page (docs.go). The aggregation master is in aggregation*.go and
// combine.go, the parameter server in parameterserver*.go and robust.go, the pipeline in pipeline*.go.
//
// The package may import learner, registry, config and internal rooms; not
// launchers, clients or workers.
package masters
