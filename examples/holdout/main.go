// Command holdout keeps a quarter of a data set for the end, trains three
// workers on the rest, and compares them on the rows that nobody has seen.
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

//go:generate go tool chimera split wine.csv --target cultivar --by stratified --holdout 0.25 --seed 7 --force
//go:generate go tool chimera generate

func main() {
	err := chimera.Run(masters.NewAggregation(), 8080, chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
		return compare.Print(ctx, os.Stdout, up.Master, up.Dir, compare.Single{Learner: "gaussian-nb", Task: learner.Classification})
	}))
	if err != nil {
		log.Fatal(err)
	}
}
