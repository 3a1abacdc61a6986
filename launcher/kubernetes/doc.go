// Package kubernetes launches workers as pods of a cluster: the kubernetes launcher of chimera.yaml. It is a module of its own,
// since client-go is larger than everything else that Chimera links; a program that imports the package has the launcher.
//
// # The objects of a project
//
// Everything is in one namespace, which must exist, and carries [LabelProject]. A ConfigMap with the project's name owns the rest, so
// that removing it removes all: a headless Service, and for each worker a StatefulSet of one replica and, if the plan has
// identities, a Secret. Its name is also the lock: a second launch of the project is refused.
//
// A StatefulSet has one kind of pod: one program, one image, one Secret, the same resources. The workers of a project differ
// in all of these, so each has a StatefulSet. One for all would need an image with every worker's program and rows, on every node, and
// every worker's secret in every pod.
//
// Pods keep to the restricted Pod Security Standard: no root, no capabilities, no privilege escalation, the runtime's seccomp
// profile; their file systems are read-only, and they have no account at the API server. The executable's healthcheck command is
// their probe of being ready. There is none of being alive: a worker that computes may be slow to answer, and what it has
// fitted is lost when it is started again.
//
// # How workers are reached
//
// A master that runs in the cluster calls workers by their names there. One outside listens on a local port for each, and
// hands connections on through the API server, as kubectl port-forward does: that needs no open port of any node and no load
// balancer, survives a pod that is replaced, and is slower. Workers call each other by their names in either case.
//
// # Restarts
//
// A cluster starts every container of a StatefulSet again, for ever and less and less often. Where the plan's Restart does not want that, the launcher
// takes the StatefulSet's replica away when the worker has ended.
//
// The package imports launcher and its internal packages, config, for its settings, and internal packages that launchers share; no
// master, worker or learner.
package kubernetes
