// Command bagging-regression fits four regression trees on four workers and
// averages them: how far will diabetes have progressed in a year?
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
	err := chimera.Run(masters.NewAggregation(), 8080, chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
		return compare.Print(ctx, os.Stdout, up.Master, up.Dir, compare.Single{Learner: "tree-regressor", Task: learner.Regression})
	}))
	if err != nil {
		log.Fatal(err)
	}
}
