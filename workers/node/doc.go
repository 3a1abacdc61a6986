// Package node is what all workers share: the HTTP interface, the training
// rows, health, status and schema, and the faults that a worker is told to
// have. A role is written on top of it: it embeds a Node, registers its
// operations with Handle, and makes itself known with RegisterRole in an init
// function. The roles of the built-in kinds of distribution are the packages
// worker below distribute; one of a kind from outside looks just like them.
//
// The package may import learner, registry, distribute, api and internal
// rooms; it names no learner, knows no master, and reads no configuration.
package node
