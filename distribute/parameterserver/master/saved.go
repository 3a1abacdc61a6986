package master

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/optimise"
	"github.com/gochimera/chimera/masters/cluster"
)

// checkpointVersion is the version of what a checkpoint says. Another version is not read: the fit begins anew.
const checkpointVersion = 1

// checkpointHead heads a checkpoint: a fit between two steps. First what the preparation of the fit has come to, which is
// made again when the fit is gone on with, and compared; then where the training is. Numbers that a float64 holds are in
// arrays, so that they come back to the bit.
type checkpointHead struct {
	Version int    `json:"version"`
	FitID   string `json:"fit_id"`
	cluster.Agreed
	Blocks   []block `json:"blocks"`
	PerEpoch int     `json:"steps_per_epoch"`

	Step       int              `json:"step"`   // so many have been taken
	Epochs     int              `json:"epochs"` // begun
	Optimiser  optimise.State   `json:"optimiser"`
	Counted    int              `json:"counted"` // steps of the epoch whose loss is known
	Idle       int              `json:"idle"`    // epochs without improvement
	BytesSaved int64            `json:"bytes_saved,omitempty"`
	Missed     []api.Missed     `json:"missed,omitempty"`
	Joined     []api.Change     `json:"joined,omitempty"`
	Left       []api.Change     `json:"left,omitempty"`
	Recoveries []api.Recovery   `json:"recoveries,omitempty"`
	Resumed    []api.Resumption `json:"resumed,omitempty"`
	Members    []trackState     `json:"members"`
}

// trackState is what is reported of a worker.
type trackState struct {
	Steps    int                `json:"steps"`
	Missed   int                `json:"missed,omitempty"`
	Retries  int                `json:"retries,omitempty"`
	Sent     int64              `json:"sent"`
	Received int64              `json:"received"`
	Seconds  float64            `json:"seconds"`
	Wire     float64            `json:"wire"`
	Waiting  float64            `json:"waiting"`
	StoodOut bool               `json:"stood_out,omitempty"`
	Outlier  string             `json:"outlier,omitempty"`
	Failure  *api.WorkerFailure `json:"failure,omitempty"`
}

// The arrays of a checkpoint beside parameters, mean and scale.
const (
	arrayCourse     = "course"
	arrayLoss       = "loss"
	arraySeconds    = "seconds"
	arrayValidation = "validation_loss"
	arrayBest       = "best"
	arrayOptimiser  = "optimiser_" // and a number from 0
	arrayWatched    = "watched"
)

// The numbers of the array course.
const (
	courseRows     = iota // of all steps
	courseBefore          // those before this epoch
	courseWeight          // of all rows
	courseFirst           // loss; NaN before the first
	courseEpoch           // sum of the losses of this epoch
	courseTol             // least improvement
	courseBest            // loss so far
	courseNorm            // of the last gradient
	courseRounding        // largest error of sending float32
	courseElapsed         // seconds since the first step
	courseNumbers         // how many there are
)

// state is a checkpoint in memory.
type state struct {
	head   checkpointHead
	arrays []wire.Array
}

func (s state) write(w io.Writer) error { return wire.Write(w, s.head, s.arrays...) }

// readState reads a checkpoint, whose arrays are as long as they have to be for what it says of itself.
func readState(text []byte) (state, error) {
	var s state
	var err error
	if s.arrays, err = wire.ReceivedFrom(text).Decode(&s.head); err != nil {
		return s, err
	}
	if s.head.Version != checkpointVersion {
		return s, fmt.Errorf("it is of version %d, and this program reads version %d", s.head.Version, checkpointVersion)
	}
	if len(s.head.Members) != len(s.head.Workers) {
		return s, fmt.Errorf("it has %d workers, and reports on %d", len(s.head.Workers), len(s.head.Members))
	}
	if s.head.Step < 1 || s.head.Counted < 0 || s.head.Idle < 0 || s.head.Optimiser.Steps < 0 || s.head.Epochs < 0 {
		return s, fmt.Errorf("it is after %d steps", s.head.Step)
	}
	course, err := wire.Find(s.arrays, arrayCourse)
	if err == nil && len(course.Data) != courseNumbers {
		err = fmt.Errorf("its course has %d numbers instead of %d", len(course.Data), courseNumbers)
	}
	if err != nil {
		return s, err
	}
	if s.head.Counted > s.head.Step || !numeric.IsFinite(course.Data[courseElapsed]) || math.Abs(course.Data[courseElapsed]) > 1e9 {
		return s, errors.New("its course is not one of a training")
	}
	for _, name := range []string{arrayLoss, arraySeconds, arrayValidation} {
		if a, err := wire.Find(s.arrays, name); err != nil || len(a.Data) > s.head.Step {
			return s, errors.Join(fmt.Errorf("it has no %s of its %d steps", name, s.head.Step), err)
		}
	}
	params, err := wire.Find(s.arrays, arrayParameters)
	if err != nil {
		return s, err
	}
	if i := numeric.FirstNotFinite(params.Data); i >= 0 {
		return s, fmt.Errorf("parameter %d is %v", i, params.Data[i])
	}
	if best, err := wire.Find(s.arrays, arrayBest); err == nil && len(best.Data) != len(params.Data) {
		return s, fmt.Errorf("its best parameters are %d instead of %d", len(best.Data), len(params.Data))
	}
	s.head.Optimiser.Vectors = nil
	for i := 0; ; i++ {
		v, err := wire.Find(s.arrays, arrayOptimiser+strconv.Itoa(i))
		if err != nil {
			return s, nil
		}
		if len(v.Data) != len(params.Data) {
			return s, fmt.Errorf("the memory of its optimiser has %d numbers for %d parameters", len(v.Data), len(params.Data))
		}
		s.head.Optimiser.Vectors = append(s.head.Optimiser.Vectors, v.Data)
	}
}

// array is an array's numbers; nil if there are none.
func (s state) array(name string) []float64 {
	a, err := wire.Find(s.arrays, name)
	if err != nil {
		return nil
	}
	return a.Data
}
