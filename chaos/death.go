//go:build unix

package chaos

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/learner"
)

// Whom a death meets.
const (
	killMaster = "the master"
	killWorker = "a worker"
	killBoth   = "a worker and the master"
)

// At which point of progress.
const (
	atCall  = "call"
	atFile  = "new file"
	atEvent = "event"
)

// While what is done.
const (
	whileFit    = "fit"
	whileStore  = "store"
	whileCommit = "commit"
	whileServe  = "serve"
)

// Folders of a project in which the files are whose making is a point of progress.
const (
	modelsFolder      = "chimera_models"
	checkpointsFolder = "chimera_checkpoints"
)

// death is a kill -9.
type death struct {
	Victim string
	Worker int    // index of the worker that is killed, or whose call is counted
	At     string // point of progress
	N      int    // the how many-th
	Name   string // part of the file's path, or of the event's kind
	Late   bool   // the call has reached the worker
}

// String is the death in words.
func (d death) String() string {
	text := fmt.Sprintf("kill -9 of %s at %s %d", d.Victim, d.At, d.N)
	if d.Victim != killMaster || d.At == atCall {
		text += " of " + workerName(d.Worker)
	}
	if d.Name != "" {
		text += " (" + d.Name + ")"
	}
	if d.Late {
		text += ", after the worker had answered"
	}
	return text
}

// course is the course of a project that is killed: a first model, then a second
// one on other rows, or the first one again, in the middle of which it dies.
type course struct {
	plan
	While string
	Death death
	Again *death // of the program that is started next, if it dies too
	Other bool   // the settings are others after the death
}

// String is the course in words.
func (c course) String() string {
	text := fmt.Sprintf("seed %d: %s, during %s: %v", c.Seed, c.Kind, c.While, c.Death)
	if c.Again != nil {
		text += fmt.Sprintf("; then %v", *c.Again)
	}
	if c.Other {
		text += "; then with other settings"
	}
	return text
}

// newCourse draws a course; the same seed gives the same one.
func newCourse(seed uint64) course {
	r := rand.New(rand.NewPCG(learner.Seed(seed, "kills"), 0)) //nolint:gosec // to be repeated, not to be secret
	c := course{plan: plan{
		Seed: seed, Kind: kinds[seed%4], Launcher: killed,
		Workers: 2, Timeout: 10 * time.Second, Retries: 2, PredictTimeout: 10 * time.Second,
	}}
	c.While = []string{whileStore, whileFit, whileCommit, whileServe}[seed/4%4] // neighbouring seeds cover all pairs
	c.Death = death{Victim: []string{killMaster, killWorker, killBoth, killMaster}[r.IntN(4)], Worker: r.IntN(c.Workers), Late: r.IntN(2) == 0}
	d := &c.Death
	switch c.While {
	case whileFit:
		d.At = []string{atCall, atFile, atEvent}[r.IntN(3)]
		d.N = 1 + r.IntN(map[string]int{atCall: 30, atFile: 8, atEvent: 8}[d.At])
		if c.Kind == aggregation.Name { // it makes few steps
			d.N = 1 + d.N%4
		}
		if d.At == atFile {
			d.Name = checkpointsFolder
		}
	case whileStore:
		d.At, d.Name, d.N = atFile, "/parts/", 1+r.IntN(3)
	case whileCommit:
		d.At, d.Name, d.N = atFile, []string{"manifest.json", "serving.json", "/runs/"}[r.IntN(3)], 1
		if r.IntN(5) == 0 {
			d.At, d.Name, d.N = atEvent, "committed", 1
		}
	default:
		d.At, d.N = atCall, 1+r.IntN(6)
		if r.IntN(2) == 0 || servesItself(c.Kind) {
			d.At, d.Name, d.N = atFile, "serving.json", 1+r.IntN(6)
		}
	}
	d.Late = d.Late && d.At == atCall
	c.Other = r.IntN(4) == 0
	if r.IntN(3) == 0 {
		c.Again = &death{Victim: []string{killMaster, killBoth}[r.IntN(2)], Worker: r.IntN(c.Workers), At: atCall, N: 1 + r.IntN(10)}
	}
	return c
}
