// Package cluster is what every kind of master shares: a Server, which is a
// master at work, and the Cluster, which is what the master works with.
//
//   - members: the workers, their states, and who looks after those that are
//     down (member.go, members.go, tend.go)
//   - calls: the one typed client of a worker (call.go, broadcast.go)
//   - fits: one at a time, as jobs of the server (jobs.go); what members agree
//     on before a fit, who is out of it and why (fit.go, agreement.go), and what
//     ends it (end.go)
//   - models: predictions, scores, and how they are mounted (prediction.go,
//     score.go, model.go)
//   - the HTTP interface, events and logs of every master (server.go, events.go,
//     broker.go, docs.go, timelog.go)
//
// A kind of master implements [Master]; the built-in ones are in the packages
// named master below distribute, and anybody's own may be elsewhere. A master
// never names a learner: it asks the workers what they have.
//
// The package may import learner, registry, config, distribute, api and
// internal rooms; no kind of master, no launcher, no client and no worker.
package cluster
