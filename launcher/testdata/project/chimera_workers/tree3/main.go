// Command tree3 is a worker for the tests of package launcher.
package main

import "github.com/gochimera/chimera/launcher/launchertest/fake"

func main() { fake.Main("tree3") }
