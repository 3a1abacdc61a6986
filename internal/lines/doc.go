// Package lines splits the output of a process into lines: [Writer] hands on whole
// lines, and [Tail] keeps the last ones, which say why a process ended.
//
// Memory is bounded whatever a process prints. The package imports the standard
// library only; package launcher and internal/program use it.
package lines
