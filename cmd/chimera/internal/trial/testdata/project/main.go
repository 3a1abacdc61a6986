// Command project is what the tests of cross-validation and of the search for parameters run.
package main

import (
	"context"
	"errors"
	"log"

	"github.com/gochimera/chimera"
	_ "github.com/gochimera/chimera/learner/linear"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/masters"
)

func main() {
	never := chimera.OnReady(func(context.Context, chimera.Up) error {
		return errors.New("a trial does not do what the program does when it is ready")
	})
	if err := chimera.Run(masters.NewAggregation(), 8080, never); err != nil {
		log.Fatal(err)
	}
}
