// Package logs makes the logs of nodes alike: their two forms, text for people and JSON for programs that collect logs, and
// what every line says of the work that it is about: the request, the run, which is the fit's ID, its step, and the worker.
//
// Code that works for a request or a run says so once, in its context ([WithRequest], [WithRun], [WithStep]), and logs with that. The package
// imports the standard library only.
package logs
