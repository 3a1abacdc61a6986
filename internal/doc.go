// Package internal is the folder of what several rooms share and nobody outside
// needs. A package that one room alone imports is in that room, in a folder
// internal of its own. README.md lists the packages with the rooms that share them.
package internal

//go:generate go test -run ^TestRoomsShareThePackages$ . -update
