// Command chimera looks after a project: it generates its workers' mains,
// validates its chimera.yaml, fits and scores. `chimera help` lists the commands.
//
// A project has it as a tool of its module, and runs it as
//
//	go tool chimera generate
package main

import "github.com/gochimera/chimera/cmd/chimera/cli"

func main() { cli.Main() }
