// Command master is the master of workers that run already, on two laptops.
package main

import (
	"log"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/masters"
)

//go:generate go tool chimera generate

func main() {
	if err := chimera.Run(masters.NewParameterServer(), 8080); err != nil {
		log.Fatal(err)
	}
}
