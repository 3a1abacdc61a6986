package master

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/masters/checkpoint"
	"github.com/gochimera/chimera/masters/cluster"
)

// checkpointVersion is the version of what a checkpoint says. Another version is not read: the fit begins anew.
const checkpointVersion = 1

// checkpointHead heads a checkpoint: a fit between two rounds. Its arrays are the state, the losses and when they were known.
type checkpointHead struct {
	Version int    `json:"version"`
	FitID   string `json:"fit_id"`
	cluster.Agreed

	Round      int              `json:"round"` // so many were added up
	Steps      int              `json:"steps"` // iterations that are complete
	Seconds    float64          `json:"seconds"`
	Missed     []api.Missed     `json:"missed,omitempty"`
	Recoveries []api.Recovery   `json:"recoveries,omitempty"`
	Resumed    []api.Resumption `json:"resumed,omitempty"`
	Members    []memberState    `json:"members"` // in member order
}

// memberState is what is reported of a worker.
type memberState struct {
	Took     int     `json:"rounds"`
	Retries  int     `json:"retries,omitempty"`
	Sent     int64   `json:"sent"`
	Received int64   `json:"received"`
	Seconds  float64 `json:"seconds"`
	Wire     float64 `json:"wire"`
	Waiting  float64 `json:"waiting"`
}

// The arrays of a checkpoint beside the state.
const (
	arrayLoss    = "loss"
	arraySeconds = "seconds"
)

// due reports whether a checkpoint is to be written after a round.
func (t *training) due() bool {
	c, every := &t.course, t.set.CheckpointEvery
	switch {
	case t.Dir == "" || every.Never() || c.round == c.saved || c.done:
		return false
	case every.Time() > 0:
		return time.Since(c.savedAt) >= every.Time()
	default:
		return every.Steps() > 0 && c.round%every.Steps() == 0
	}
}

// save writes a checkpoint. A fit that cannot goes on without.
func (t *training) save() {
	c := &t.course
	err := checkpoint.NewSeries(t.Dir).Write(c.round, t.writeCheckpoint)
	c.savedAt = time.Now()
	if err != nil {
		t.Log.Warn("a checkpoint could not be written; if the program is killed, the fit goes on from an earlier one, or from its start",
			"step", c.round, "error", err)
		return
	}
	c.saved = c.round
}

// interrupt writes a last checkpoint if the fit ends because the program does.
func (t *training) interrupt() {
	if c := &t.course; t.Interrupted() && t.Dir != "" && !t.set.CheckpointEvery.Never() && c.round > 0 && c.round != c.saved && !c.done {
		t.save()
	}
}

func (t *training) agreed() cluster.Agreed {
	return t.Agreed(t.shape, func(i int) (in bool, rows, held int) { return t.Failure(t.Members[i]) == nil, t.tracks[i].rows, 0 })
}

func (t *training) writeCheckpoint(w io.Writer) error {
	c := &t.course
	head := checkpointHead{
		Version: checkpointVersion, FitID: t.ID, Agreed: t.agreed(), Round: c.round, Steps: t.report.Steps, Seconds: time.Since(c.start).Seconds(),
		Missed: t.report.Missed, Recoveries: t.Recoveries(), Resumed: t.report.Resumed,
	}
	for _, k := range t.tracks {
		head.Members = append(head.Members, memberState{
			Took: k.took, Retries: k.retries, Sent: k.sent, Received: k.received, Seconds: k.seconds, Wire: k.wire, Waiting: k.waiting,
		})
	}
	return wire.Write(w, head, wire.Vector(arrayState, c.state), wire.Vector(arrayLoss, t.report.Loss), wire.Vector(arraySeconds, t.report.Seconds))
}

// forgetCheckpoints removes those of a training that begins anew.
func (t *training) forgetCheckpoints() error {
	if t.Dir == "" {
		return nil
	}
	series := checkpoint.NewSeries(t.Dir)
	all, err := series.All()
	for _, one := range all {
		err = errors.Join(err, series.Remove(one))
	}
	return err
}

// resume goes on from the last checkpoint of a fit that was interrupted, if there is one that can be used and if the fit is prepared as it
// was then. Otherwise it says why not, and the fit begins anew.
func (t *training) resume() error {
	taken, err := t.FromCheckpoint(func(text []byte, one checkpoint.Saved) (differs string, err error) {
		s, err := readCheckpoint(text)
		switch {
		case err != nil:
			return "", err
		case s.Round != one.Step || s.FitID != t.ID:
			return "", fmt.Errorf("it is after round %d of fit %q", s.Round, s.FitID)
		}
		if differs = t.agreed().Differs(s.Agreed); differs == "" {
			t.restore(s)
		}
		return differs, nil
	})
	if taken {
		t.report.Resumed = append(t.report.Resumed, t.GoOn(t.course.round+1))
	}
	return err
}

// saved is a checkpoint in memory.
type saved struct {
	checkpointHead
	state, loss, seconds []float64
}

// readCheckpoint reads a checkpoint, and refuses one that contradicts itself.
func readCheckpoint(text []byte) (s saved, err error) {
	arrays, err := wire.ReceivedFrom(text).Decode(&s.checkpointHead)
	if err != nil {
		return s, err
	}
	switch {
	case s.Version != checkpointVersion:
		return s, fmt.Errorf("it is of version %d, and this program reads version %d", s.Version, checkpointVersion)
	case len(s.Members) != len(s.Workers):
		return s, fmt.Errorf("it has %d workers, and reports on %d", len(s.Workers), len(s.Members))
	case s.Round < 1 || s.Steps < 0 || s.Steps > s.Round || !(s.Seconds >= 0) || math.IsInf(s.Seconds, 0):
		return s, fmt.Errorf("it is after %d rounds and %d iterations, which took %v s", s.Round, s.Steps, s.Seconds)
	}
	for _, a := range []struct {
		name string
		into *[]float64
	}{{arrayState, &s.state}, {arrayLoss, &s.loss}, {arraySeconds, &s.seconds}} {
		found, err := wire.Find(arrays, a.name)
		if err != nil {
			return s, err
		}
		*a.into = slices.Clone(found.Data)
	}
	if len(s.loss) != len(s.seconds) || len(s.loss) > s.Round {
		return s, fmt.Errorf("it has %d losses at %d times after %d rounds", len(s.loss), len(s.seconds), s.Round)
	}
	return s, nil
}

// restore goes on from a checkpoint.
func (t *training) restore(s saved) {
	c := &t.course
	c.state, c.known, c.round, c.saved = s.state, 0, s.Round, s.Round
	c.start = time.Now().Add(-time.Duration(s.Seconds * float64(time.Second)))
	r := &t.report
	r.Rounds, r.Steps, r.Epochs, r.Loss, r.Seconds, r.Missed, r.Resumed = s.Round, s.Steps, s.Steps, s.loss, s.seconds, s.Missed, s.Resumed
	t.Recovered(s.Recoveries)
	for i, k := range t.tracks {
		was := s.Members[i]
		k.took, k.retries, k.sent, k.received = was.Took, k.retries+was.Retries, k.sent+was.Sent, k.received+was.Received
		k.seconds, k.wire, k.waiting = was.Seconds, was.Wire, was.Waiting
	}
}
