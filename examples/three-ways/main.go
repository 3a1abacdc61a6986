// Command three-ways trains one network on one data set in all the ways that
// Chimera knows, and compares what they give and what they cost.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/examples/internal/compare"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/masters"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// way is one of them: a project of its own, in a folder beside this file.
type way struct {
	folder string
	master func() masters.Master
	gave   *compare.Trained
}

// run trains in each way in turn. The last goes on serving.
func run(ctx context.Context, out io.Writer) error {
	dir := config.MainDir()
	ways := []*way{
		{folder: "bagging", master: func() masters.Master { return masters.NewAggregation() }},
		{folder: "parameter-server", master: func() masters.Master { return masters.NewParameterServer() }},
		{folder: "pipeline", master: func() masters.Master { return masters.NewPipeline() }},
	}
	for i, w := range ways {
		serving, stop := context.WithCancel(ctx)
		err := chimera.Run(w.master(), 8080, chimera.WithProject(filepath.Join(dir, w.folder)), chimera.WithContext(serving),
			chimera.OnReady(func(ctx context.Context, up chimera.Up) (err error) {
				w.gave, err = compare.Train(ctx, up.Master, dir, learner.Classification)
				if err != nil {
					return err
				}
				if i < len(ways)-1 {
					stop() // it is the next one's turn
					return nil
				}
				return report(ctx, out, dir, ways, up.Master.URL())
			}))
		stop()
		if err != nil || w.gave == nil { // nil if somebody has pressed Ctrl-C
			return err
		}
	}
	return nil
}
