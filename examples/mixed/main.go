// Command mixed trains on a table as it is found: numbers, texts, booleans and
// missing cells, which the workers agree how to prepare.
package main

import (
	"log"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/masters"
)

//go:generate go run generate.go
//go:generate go tool chimera split visits.csv --target returns --drop booking --by stratified --holdout 0.25 --seed 7 --force
//go:generate go tool chimera generate

func main() {
	if err := chimera.Run(masters.NewAggregation(), 8080); err != nil {
		log.Fatal(err)
	}
}
