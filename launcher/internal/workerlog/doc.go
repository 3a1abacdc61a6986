// Package workerlog takes what a worker prints, line by line: to the terminal
// with the worker's name before it (lines of JSON, which name it, as they are), to the worker's log file, and, for the
// last lines, into memory, where they explain a worker that ended.
//
// Memory is bounded whatever a worker prints. The package imports internal/lines and
// internal/logs.
package workerlog
