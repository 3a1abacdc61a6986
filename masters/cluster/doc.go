// Package cluster is what all kinds of masters share: a Server, which is a running master, and the
// Cluster, which is what the master works with.
//
//   - members: the workers, their states, and who looks after those that are
//     down (member.go, members.go, tend.go)
//   - calls: the one typed client of a worker (call.go, broadcast.go), how long
//     an answer is waited for (patience.go), and a member that was lost (await.go)
//   - fits: one at a time, as jobs of the server (jobs.go); what members agree
//     on before a fit, who is out of it and why (fit.go, agreement.go), and which
//     lost members are waited for (recover.go)
//   - models: predictions, scores, and how they are mounted (prediction.go,
//     score.go, model.go)
//   - the HTTP interface, events and logs of every master (server.go, events.go,
//     broker.go, kept.go, steps.go, eventsfile.go, runevents.go, docs.go, timelog.go)
//
// A kind of master implements [Master]. The built-in ones are the packages named master below
// distribute; your own may be anywhere. A master never names a learner: it asks the workers what they
// have.
//
// The package may import learner, registry, config, distribute, api and
// internal packages; no kind of master, no launcher, no client and no worker.
package cluster
