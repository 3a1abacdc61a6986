// Package swarm launches workers as services of a Docker Swarm: the swarm launcher of chimera.yaml. Their images are those of
// package docker, and each worker is a service of one task, so that a worker whose node is lost runs on another one.
//
// The workers call each other by name in an overlay network of the project's. The services have no virtual address (endpoint
// mode dnsrr), since a worker has one task, and not every kernel has what virtual addresses need.
//
// # How a master reaches its workers
//
// Each worker's port is published on the node that runs it (mode host), and the master, which may be on any machine that
// reaches the nodes, calls it there. Where that is changes when Swarm places a worker anew. Therefore this package listens on
// a port of the master's machine for each worker, on loopback, and hands its connections on to where the worker is now: a
// worker has one address as long as its fleet lives. What is encrypted stays so, since bytes are handed on as they are.
//
// # How images come to the nodes
//
// Without a registry. If the swarm has one node, its engine is given the images. If it has more, the master offers them
// itself (see [offer]): a service with a task on every node relays a loopback port of the node to the master, through TLS with
// certificates that both ends have from this launch, and engines pull from that port; from loopback they may pull without TLS.
// The relay's own image is given to the engines of the nodes by their API, which [Launcher.Nodes] names. With a registry
// of the user's, images go there, and no relay is needed.
//
// # What is left, and what is not
//
// Services, secrets, configs and the network end with the run. Images stay on the nodes. Everything carries the labels of
// package docker, by which [Down] finds what a killed program left.
//
// The package imports launcher, its internal packages, launcher/docker and internal/ociimage; no master, worker or learner.
package swarm
