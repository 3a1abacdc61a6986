// Command summation serves the project that the benchmark of boosting over
// processes starts; that brings its own master and rows, this one needs some in chimera_train_data.
package main

import (
	"log"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/masters"
)

//go:generate go tool chimera generate

func main() {
	if err := chimera.Run(masters.NewSummation(), 8080); err != nil {
		log.Fatal(err)
	}
}
