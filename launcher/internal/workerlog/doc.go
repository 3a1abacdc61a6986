// Package workerlog takes what a worker prints, line by line: to the terminal
// with the worker's name before it (lines of JSON, which name it, as they are), to the worker's log file, and, for the
// last lines, into memory, where they explain a worker that ended.
//
// What a worker says to its launcher in its output is told apart: that it listens, or that its data is bad.
//
// Memory is bounded whatever a worker prints. The package imports internal/handshake, internal/lines and
// internal/logs.
package workerlog
