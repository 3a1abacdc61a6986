// Package waiting is for tests that mostly wait: for programs that are linked, start and end, or for an engine's answers.
package waiting

import (
	"flag"
	"testing"
)

// Parallel lets more parallel tests run at once than there are processors, unless
// the command line says how many. A TestMain calls it before the tests run.
func Parallel() {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if given || !testing.Testing() {
		return
	}
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err) // package testing has this flag
	}
}
