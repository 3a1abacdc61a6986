// Package docker launches workers as containers: the docker launcher of
// chimera.yaml. Each worker becomes an image of two layers, its statically
// linked executable and its training data, on top of nothing; no image is
// pulled, and there is no Dockerfile and no registry. The images are put
// together in this program and travel to the engine by its API, so the engine
// may be on another machine.
//
// The containers of a project share a bridge network with fixed addresses, in
// which every worker's name resolves. The master runs outside and reaches the
// workers by ports of the engine's machine.
//
// # What is left, and what is not
//
// Containers and network end with the run. Images stay, so that the next
// start finds those that have not changed; when a worker's image changes, the old one
// is removed. Everything carries the labels [LabelProject] and [LabelVersion],
// and [LabelWorker] or [LabelRun] where they apply: by these [Engine.Down]
// removes what a killed program left, and nothing else. Names begin with the project's, so
// two projects on one engine do not meet.
//
// # Health and restarts
//
// A launch waits until every worker answers the master's own requests. Beside
// that the engine runs the executable's healthcheck command in each container,
// for `docker ps` and for a warning in the log. A container that ends is
// delivered by the fleet's Exits, and started again by the engine
// as the plan's Restart says, on the same port. A container that a person ends, with
// docker stop or docker kill, stays down until a person starts it again.
//
// Workers write nothing to disk, so their file systems are read-only and there
// are no volumes.
//
// The package imports launcher and its internal packages; no master, worker or learner.
package docker
