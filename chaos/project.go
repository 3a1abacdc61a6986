//go:build unix

package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/distribute/summation"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
)

// kinds are those of masters.
var kinds = []string{aggregation.Name, parameterserver.Name, pipeline.Name, summation.Name}

// servesItself says whether a master of a kind predicts without its workers, which have no part of the model.
func servesItself(kind string) bool { return kind == parameterserver.Name || kind == summation.Name }

// newMaster makes the master of a plan's kind.
func newMaster(kind string) masters.Master {
	return map[string]func() masters.Master{
		aggregation.Name:     func() masters.Master { return masters.NewAggregation() },
		parameterserver.Name: func() masters.Master { return masters.NewParameterServer() },
		pipeline.Name:        func() masters.Master { return masters.NewPipeline() },
		summation.Name:       func() masters.Master { return masters.NewSummation() },
	}[kind]()
}

func workerName(i int) string { return fmt.Sprintf("w%d", i+1) }

// write writes the plan's project into a folder, with the training rows of a seed.
func (p plan) write(dir string, rows uint64) error {
	files := map[string]string{"chimera.yaml": p.yaml()}
	random := learner.NewRand(learner.Seed(rows, "rows"))
	var x, y strings.Builder
	for i := range p.Workers {
		if i == 0 || p.Kind != pipeline.Name { // the stages of a network have the same rows
			x.Reset()
			y.Reset()
			x.WriteString("a,b\n")
			y.WriteString("y\n")
			for range 40 + 5*i {
				a, b := random.NormFloat64(), random.NormFloat64()
				fmt.Fprintf(&x, "%g,%g\n", a, b)
				fmt.Fprintf(&y, "%g\n", 2*a-b+0.3*random.NormFloat64())
			}
		}
		data := "chimera_train_data/" + workerName(i)
		files[data+"/X_train.csv"], files[data+"/y_train.csv"] = x.String(), y.String()
	}
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
