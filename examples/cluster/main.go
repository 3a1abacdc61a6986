// Command cluster trains one model on the rows of two laptops, which stay where they are. Its README goes from there to a served model.
package main

import (
	"log"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/masters"
)

//go:generate go tool chimera split ../holdout/wine.csv --target cultivar --by stratified --holdout 0.25 --seed 7 --force
//go:generate go tool chimera generate

func main() {
	if err := chimera.Run(masters.NewParameterServer(), 8080); err != nil {
		log.Fatal(err)
	}
}
