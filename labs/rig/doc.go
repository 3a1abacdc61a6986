// Package rig runs a master and its workers within this program, for labs: the product's own master and workers, each behind
// an HTTP server of its own on loopback, as a chimera.yaml would describe them.
//
// [Start] takes a [Plan]; the rig's client fits and predicts. A worker's faults are settings of chimera.yaml (faults:), and what
// is between a worker and who calls it is put there by [Worker.Link]. [Rig.Kill] and [Rig.Revive] end and start workers.
//
// The room imports client, config, masters, workers, registry, learner, labs/rows and what serves and calls by HTTP.
package rig
