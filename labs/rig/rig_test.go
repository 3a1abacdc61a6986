package rig_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/labs/rig"
	"github.com/gochimera/chimera/labs/rows"
	_ "github.com/gochimera/chimera/learner/dummy"
	"github.com/gochimera/chimera/masters"
)

// counted counts the connections that are accepted.
type counted struct {
	net.Listener
	n *atomic.Int64
}

func (c counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.n.Add(1)
	}
	return conn, err
}

// A rig fits and predicts; what is called at a worker goes over its link; a worker that is killed does not answer until it is
// revived; nothing is left.
func TestRig(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("TMP", os.Getenv("TMPDIR"))
	d := rows.Friedman1(10, 1)
	var mean float64
	for _, y := range d.Y {
		mean += y / 10
	}
	var connections atomic.Int64
	plan := rig.Plan{Master: masters.NewAggregation(), NoRestart: true, With: rig.Settings{
		"learner": "dummy-regressor", "aggregation": rig.Settings{"quorum": 2},
	}, Workers: []rig.Worker{
		{Rows: d, Link: func(l net.Listener) net.Listener { return counted{l, &connections} }}, {Rows: d},
	}}
	g, err := rig.Start(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Client.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := g.Client.Predict(t.Context(), d.Features, d.X)
	if err != nil || len(p.Workers) != 2 || p.Y.Values[3]-mean > 1e-12 || mean-p.Y.Values[3] > 1e-12 {
		t.Fatalf("%+v, %v, want the mean %v", p, err, mean)
	}
	if alone, err := g.PredictAlone(t.Context(), 1, d); err != nil || alone.Y.Values[3] != p.Y.Values[3] {
		t.Errorf("%+v, %v", alone, err)
	}
	if connections.Load() == 0 {
		t.Error("nothing went over the link")
	}
	if err := g.Kill(1); err != nil {
		t.Fatal(err)
	}
	var problem *client.Problem
	if _, err := g.Client.Fit(t.Context()); !errors.As(err, &problem) || problem.Code != api.CodeWorkersFailed {
		t.Errorf("a fit without a quorum: %v", err)
	}
	if _, err := g.PredictAlone(t.Context(), 1, d); err == nil {
		t.Error("a killed worker answers")
	}
	if err := g.Revive(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := g.PredictAlone(t.Context(), 0, d); err == nil {
		t.Error("a worker of a closed rig answers")
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "*")); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

// What chimera.yaml would refuse, a rig refuses, and leaves nothing.
func TestRefusedPlans(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("TMP", os.Getenv("TMPDIR"))
	d := rows.Friedman1(10, 1)
	for name, plan := range map[string]rig.Plan{
		"an unknown learner": {With: rig.Settings{"learner": "none"}, Workers: []rig.Worker{{Rows: d}}},
		"no rows":            {With: rig.Settings{"learner": "dummy-regressor"}, Workers: make([]rig.Worker, 1)},
		"a wrong setting":    {With: rig.Settings{"learner": "dummy-regressor", "aggregation": rig.Settings{"quorum": 2}}, Workers: []rig.Worker{{Rows: d}}},
	} {
		plan.Master = masters.NewAggregation()
		if g, err := rig.Start(t.Context(), plan); err == nil {
			t.Errorf("%s: it starts, %v", name, g.Close())
		}
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "*")); err != nil || len(left) > 0 {
		t.Errorf("they left %v, %v", left, err)
	}
}
