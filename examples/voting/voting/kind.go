// Package voting is a kind of distribution of your own: every worker fits a
// classifier on its own rows, as in bagging, and a prediction is the label that
// most workers name, if enough of them agree; else it is the label that is most
// common in the training rows.
//
// The workers are those of bagging, so the kind is a description (this file) and
// a master (master.go). One whose workers do something else has its own worker
// half, too, registered with package workers/node.
package voting

import (
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/distribute/aggregation"
)

// Name is the kind's name in chimera.yaml: master: voting.
const Name = "voting"

// Settings are the section voting of chimera.yaml.
type Settings struct {
	Agreement float64 `yaml:"agreement" default:"0.5" validate:"gt=0,lte=1" doc:"share of the workers that must name a label"`
}

func init() {
	distribute.Register(distribute.Kind{
		Name:     Name,
		Summary:  "Every worker fits a classifier on its own rows; a label needs the votes of enough of them.",
		Role:     distribute.Role{Name: aggregation.Role},
		Section:  Name,
		Settings: Settings{},
		Master:   distribute.Source{Package: "github.com/gochimera/chimera/examples/voting/voting", Call: "voting.New()"},
	})
}
