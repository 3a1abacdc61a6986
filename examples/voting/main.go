// Command voting trains by a kind of distribution of its own.
package main

import (
	"context"
	"log"
	"os"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/examples/internal/compare"
	"github.com/gochimera/chimera/examples/voting/voting"
	"github.com/gochimera/chimera/learner"
)

//go:generate go tool chimera generate

func main() {
	err := chimera.Run(voting.New(), 8080, chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
		return compare.Print(ctx, os.Stdout, up.Master, up.Dir, compare.Single{
			Learner: "tree-classifier", Params: `{"max_depth": 2}`, Task: learner.Classification,
		})
	}))
	if err != nil {
		log.Fatal(err)
	}
}
