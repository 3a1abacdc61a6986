package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
)

// The names of a worker's files.
const (
	featuresFile = "X_train.csv"
	targetFile   = "y_train.csv"
)

// set is a data set, and what came of it.
type set struct {
	name, folder, learner, metric string

	header, target string
	train          [][2]string // lines of features and of targets
	columns        []string
	test           *mat.Dense // held-out rows x columns
	truth          []learner.Label
	points         []point
}

// point is what one number of workers gives.
type point struct {
	member, ensemble float64 // the metric on the held-out rows: the mean of the workers' models, and all together
	seconds          float64 // of the fit
}

// read reads the rows of all workers of the example that has the set, one after another.
func (s *set) read(dir string) error {
	folders, err := filepath.Glob(filepath.Join(dir, config.DataFolder, "*"))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		x, errX := lines(filepath.Join(folder, featuresFile))
		y, errY := lines(filepath.Join(folder, targetFile))
		if err := errors.Join(errX, errY); err != nil {
			return err
		}
		s.header, s.target = x[0], y[0]
		for i := range x[1:] {
			s.train = append(s.train, [2]string{x[i+1], y[i+1]})
		}
	}
	return s.readTest(filepath.Join(dir, "test_data"))
}

// readTest reads the held-out rows.
func (s *set) readTest(dir string) error {
	x, errX := lines(filepath.Join(dir, "X_test.csv"))
	y, errY := lines(filepath.Join(dir, "y_test.csv"))
	if err := errors.Join(errX, errY); err != nil {
		return err
	}
	s.columns = strings.Split(x[0], ",")
	s.test = mat.NewDense(len(x)-1, len(s.columns), nil)
	for i, line := range x[1:] {
		for j, cell := range strings.Split(line, ",") {
			v, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				return err
			}
			s.test.Set(i, j, v)
		}
		s.truth = append(s.truth, learner.NewLabel(y[i+1]))
	}
	return nil
}

func lines(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var list []string
	for line := range bytes.Lines(text) {
		list = append(list, string(bytes.TrimRight(line, "\r\n")))
	}
	return list, nil
}

// sweep fits and scores so many workers. They run inside this program, each on its share of the rows, in a project that is
// made for it. The point is nil if the program was interrupted.
func (s *set) sweep(ctx context.Context, workers int) (_ *point, err error) {
	dir, err := os.MkdirTemp("", "worker-sweep-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := s.deal(dir, workers); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var p *point
	err = chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithLauncher("inprocess"),
		chimera.WithOutput(nothing{}, nothing{}), chimera.OnReady(func(ctx context.Context, up chimera.Up) (err error) {
			defer stop()
			p, err = s.measure(ctx, up.Master)
			return err
		}))
	return p, err
}

// nothing is where the banners and logs of all these projects go; what goes wrong is an error.
type nothing struct{}

func (nothing) Write(text []byte) (int, error) { return len(text), nil }

// deal writes a project: the rows go round, so that every worker has its share from all over the set.
func (s *set) deal(dir string, workers int) error {
	yaml := fmt.Sprintf("project: worker-sweep\nseed: 7\nlearner: %s\nworkers: %d\n", s.learner, workers)
	if err := os.WriteFile(filepath.Join(dir, config.FileName), []byte(yaml), 0o600); err != nil {
		return err
	}
	for w := range workers {
		x, y := s.header+"\n", s.target+"\n"
		for i := w; i < len(s.train); i += workers {
			x, y = x+s.train[i][0]+"\n", y+s.train[i][1]+"\n"
		}
		folder := filepath.Join(dir, config.DataFolder, fmt.Sprintf("worker%d", w+1))
		if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, featuresFile), []byte(x), 0o600),
			os.WriteFile(filepath.Join(folder, targetFile), []byte(y), 0o600)); err != nil {
			return err
		}
	}
	return nil
}

// measure fits, and scores on the held-out rows.
func (s *set) measure(ctx context.Context, master *client.Client) (*point, error) {
	fit, err := master.Fit(ctx)
	if err != nil {
		return nil, err
	}
	score, err := master.Score(ctx, s.columns, s.test, s.truth)
	if err != nil {
		return nil, err
	}
	p := &point{seconds: fit.Seconds}
	if score.Classification != nil {
		p.ensemble = score.Classification.Accuracy
	} else {
		p.ensemble = score.Regression.R2
	}
	for _, m := range score.Members {
		p.member += m.Score / float64(len(score.Members))
	}
	return p, nil
}
