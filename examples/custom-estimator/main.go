// Command custom-estimator trains one model on 3 workers and serves it.
package main

import (
	"log"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/masters"
)

// It writes chimera_workers/ and chimera_learners.go, as chimera.yaml says.
//go:generate go tool chimera generate

func main() {
	if err := chimera.Run(masters.NewAggregation(), 8080); err != nil {
		log.Fatal(err)
	}
}
