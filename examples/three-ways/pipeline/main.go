// Command pipeline is the third of the three ways by itself.
package main

import (
	"log"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/masters"
)

//go:generate go tool chimera generate

func main() {
	if err := chimera.Run(masters.NewPipeline(), 8080); err != nil {
		log.Fatal(err)
	}
}
