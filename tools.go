package chimera

// What `go generate ./...` runs for this module besides the examples' own
// lines: the table of the learners that it ships.

//go:generate go run ./internal/catalogue/gen
