// Command custom-loss trains a linear regression by a loss of its own on the
// rows of three workers.
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
	err := chimera.Run(masters.NewParameterServer(), 8080, chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
		return compare.PrintTrained(ctx, os.Stdout, up.Master, up.Dir, compare.Single{
			Learner: "sgd-regressor", Params: `{"loss": "log_cosh", "epsilon": 60, "eta0": 0.1}`, Task: learner.Regression,
		}, draw.Loss)
	}))
	if err != nil {
		log.Fatal(err)
	}
}
