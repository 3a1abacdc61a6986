// Command custom-launcher trains on workers that a launcher of its own starts.
package main

import (
	"context"
	"log"
	"os"

	"github.com/gochimera/chimera"
	_ "github.com/gochimera/chimera/examples/custom-launcher/polite" // registers the launcher
	"github.com/gochimera/chimera/examples/internal/compare"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
)

//go:generate go tool chimera generate

func main() {
	err := chimera.Run(masters.NewAggregation(), 8080, chimera.WithLauncher("polite"), chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
		return compare.Print(ctx, os.Stdout, up.Master, up.Dir, compare.Single{Learner: "tree-classifier", Task: learner.Classification})
	}))
	if err != nil {
		log.Fatal(err)
	}
}
