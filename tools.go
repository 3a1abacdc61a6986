package chimera

// The tools of this module, so that one place says where each comes from:
//
//   - chimera, the command line, is the tool line of go.mod: `go tool chimera`.
//     Its `generate` is what the go:generate lines of the examples run.
//   - internal/catalogue/gen writes the table of the learners that ship; it is
//     run by the go:generate line of internal/catalogue.
//   - golangci-lint is installed separately by .ci/run, which pins its version:
//     as a tool line it would make go.mod three times as long.
