// Command worker-sweep deals the same rows out to one worker, to two, and so on
// up to eight, and shows what bagging on ever smaller shares gives and takes.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/gochimera/chimera/config"
	_ "github.com/gochimera/chimera/learner/tree"
)

// most is the largest number of workers.
const most = 8

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run sweeps over both sets, one after the other, and draws what came out.
func run(ctx context.Context, out io.Writer) error {
	dir := config.MainDir()
	sets := []set{
		{name: "breast cancer", folder: "bagging", learner: "tree-classifier", metric: "accuracy"},
		{name: "diabetes", folder: "bagging-regression", learner: "tree-regressor", metric: "R2"},
	}
	for i := range sets {
		s := &sets[i]
		if err := s.read(filepath.Join(dir, "..", s.folder)); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(out, "%s: %s on %d rows, %s on %d held-out rows\n\n", s.name, s.learner, len(s.train), s.metric, len(s.truth)) // Flush returns the error
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintf(table, "  workers\trows each\tone worker\tensemble\tfit\n")
		for workers := 1; workers <= most; workers++ {
			p, err := s.sweep(ctx, workers)
			if err != nil || p == nil { // nil if somebody has pressed Ctrl-C
				return err
			}
			s.points = append(s.points, *p)
			_, _ = fmt.Fprintf(table, "  %d\t%d\t%.4f\t%.4f\t%.1f ms\n", workers, len(s.train)/workers, p.member, p.ensemble, 1000*p.seconds)
		}
		if err := table.Flush(); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(out)
	}
	file := filepath.Join(dir, "sweep.svg")
	if err := draw(file, sets); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "drawn in %s\n", file)
	return err
}
