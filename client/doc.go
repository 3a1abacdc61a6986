// Package client is the Go client of a running master: fit, predict, score,
// status and events. The command line and the examples use it, and so can any
// Go program.
package client
