// Command boosting trains one boosting on the rows of three workers: the trees are those of one machine, to the same bits.
package main

import (
	"context"
	"log"
	"os"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/examples/internal/compare"
	"github.com/gochimera/chimera/examples/internal/draw"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
)

//go:generate go tool chimera generate

func main() {
	err := chimera.Run(masters.NewSummation(), 8080, chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
		single := compare.Single{Learner: "boosting-classifier", Params: `{"max_iter": 60, "max_leaf_nodes": 15}`, Task: learner.Classification}
		return compare.PrintTrained(ctx, os.Stdout, up.Master, up.Dir, single, draw.Loss)
	}))
	if err != nil {
		log.Fatal(err)
	}
}
