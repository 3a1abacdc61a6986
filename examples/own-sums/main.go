// Command own-sums trains a learner of its own, which learns from sums, on the rows of three workers.
package main

import (
	"context"
	"log"
	"os"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/examples/internal/compare"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
)

//go:generate go tool chimera generate

func main() {
	err := chimera.Run(masters.NewSummation(), 8080, chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
		return compare.PrintTrained(ctx, os.Stdout, up.Master, up.Dir, compare.Single{Learner: "summed-centroid", Task: learner.Classification}, nil)
	}))
	if err != nil {
		log.Fatal(err)
	}
}
