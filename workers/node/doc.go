// Package node is what all workers share: the HTTP interface, the training rows, health, status and
// schema, and the faults that can be injected into a worker. A role builds on it: it embeds a Node,
// registers its operations with Handle, and registers itself with RegisterRole in an init function.
// The roles of the built-in kinds of distribution are the packages named worker below distribute; a
// third party's role looks just the same.
//
// The package may import learner, registry, distribute, api and internal
// packages; it names no learner, knows no master, and reads no configuration.
package node
