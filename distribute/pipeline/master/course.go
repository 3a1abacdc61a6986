package master

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/optimise"
)

// courseVersion is the version of the master's file of a checkpoint. Another one is not read.
const courseVersion = 1

// courseHead heads the master's file of a checkpoint, which is a frame: what the fit was about, where it is, and what its
// report has so far. Numbers that need all bits of a float64 are in arrays.
type courseHead struct {
	Version    int    `json:"version"`
	FitID      string `json:"fit_id"`
	RowsSum    string `json:"rows_sum"`
	OrderSum   string `json:"order_sum"` // of the rows
	Cuts       []int  `json:"cuts"`      // of the layers
	Parameters int    `json:"parameters"`

	Epoch   int  `json:"epoch"` // the next one, as the others
	Step    int  `json:"step"`
	Batch   int  `json:"batch"`
	Seen    int  `json:"rows_seen"`
	Idle    int  `json:"epochs_without_improvement"`
	Keep    bool `json:"keep"`
	HasBest bool `json:"has_best"`
	IsBest  bool `json:"is_best"`

	Checkpoints int              `json:"checkpoints"`
	Bytes       int64            `json:"bytes_between_stages"`
	Recoveries  []api.Recovery   `json:"recoveries,omitempty"`
	Resumed     []api.Resumption `json:"resumed,omitempty"`
	Tracks      []trackState     `json:"stages"`
}

// trackState is a stageTrack.
type trackState struct {
	Steps     int     `json:"steps"`
	Computing float64 `json:"computing"`
	Waiting   float64 `json:"waiting"`
	Wire      float64 `json:"wire"`
	Sent      int64   `json:"sent"`
	Received  int64   `json:"received"`
	Held      int     `json:"held"`
}

// The arrays of the file.
const (
	arrayCourse      = "course"
	arrayLoss        = "loss"
	arraySeconds     = "seconds"
	arrayEpochs      = "epoch_loss"
	arrayValidations = "validation_score"
)

// The numbers of the array course.
const (
	courseDivisor = iota // of the learning rate
	courseTol
	courseBest // +Inf before the first look
	courseSum
	courseRate
	courseNorm
	courseWall
	courseNumbers // how many there are
)

// writeCourse writes the master's file of a checkpoint.
func (t *training) writeCourse(w io.Writer) error {
	at, stopping := t.at, t.at.stopping.State()
	head := courseHead{
		Version: courseVersion, FitID: t.ID, RowsSum: t.begun[0].RowsSum, OrderSum: t.begun[0].OrderSum, Cuts: t.cuts, Parameters: t.report.Parameters,
		Epoch: at.epoch, Step: at.step, Batch: at.batch, Seen: at.seen, Idle: stopping.Idle, Keep: at.keep, HasBest: at.hasBest, IsBest: at.isBest,
		Checkpoints: t.report.Checkpoints, Bytes: t.report.Bytes, Recoveries: t.report.Recoveries, Resumed: t.goneOn,
	}
	for _, k := range t.tracks {
		head.Tracks = append(head.Tracks, trackState{k.steps, k.computing, k.waiting, k.wire, k.sent, k.received, k.held})
	}
	frame, err := encodeCourse(head, at, t.wall)
	if err == nil {
		_, err = w.Write(frame)
	}
	return err
}

// encodeCourse is what decodeCourse reads.
func encodeCourse(head courseHead, at course, wall float64) ([]byte, error) {
	stopping := at.stopping.State()
	numbers := make([]float64, courseNumbers)
	numbers[courseDivisor], numbers[courseTol], numbers[courseBest] = at.divisor, stopping.Tol, stopping.Best
	numbers[courseSum], numbers[courseRate], numbers[courseNorm], numbers[courseWall] = at.sum, at.rate, at.norm, wall
	return wire.Encode(nil, head, wire.Vector(arrayCourse, numbers), wire.Vector(arrayLoss, at.loss), wire.Vector(arraySeconds, at.seconds),
		wire.Vector(arrayEpochs, at.epochs), wire.Vector(arrayValidations, at.validations))
}

// readCourse reads the master's file, which must be whole, and of this fit and step. The error is a *damagedError.
func (c *checkpoint) readCourse() (head courseHead, at course, wall float64, err error) {
	text, err := os.ReadFile(c.courseFile())
	if err == nil {
		head, at, wall, err = decodeCourse(text)
	}
	if err == nil && (head.FitID != c.fitID || head.Step != c.step) {
		err = fmt.Errorf("it is of step %d of fit %q; want step %d of %q", head.Step+1, head.FitID, c.step+1, c.fitID)
	}
	if err != nil {
		return head, at, 0, &damagedError{worker: "master", file: c.courseFile(), err: withoutPath(err)}
	}
	return head, at, wall, nil
}

// decodeCourse reads what writeCourse wrote.
func decodeCourse(text []byte) (head courseHead, at course, wall float64, err error) {
	arrays, err := wire.Decode(text, &head)
	if err != nil {
		return head, at, 0, err
	}
	if head.Version != courseVersion {
		return head, at, 0, fmt.Errorf("it has version %d; this program reads version %d", head.Version, courseVersion)
	}
	lists := map[string][]float64{}
	for _, name := range []string{arrayCourse, arrayLoss, arraySeconds, arrayEpochs, arrayValidations} {
		found, err := wire.Find(arrays, name)
		if err != nil {
			return head, at, 0, err
		}
		lists[name] = found.Data
	}
	numbers := lists[arrayCourse]
	if len(numbers) != courseNumbers {
		return head, at, 0, fmt.Errorf("its array %s has %d numbers instead of %d", arrayCourse, len(numbers), courseNumbers)
	}
	at = course{
		epoch: head.Epoch, step: head.Step, batch: head.Batch, seen: head.Seen, keep: head.Keep, hasBest: head.HasBest, isBest: head.IsBest,
		divisor: numbers[courseDivisor], sum: numbers[courseSum], rate: numbers[courseRate], norm: numbers[courseNorm],
		loss: lists[arrayLoss], seconds: lists[arraySeconds], epochs: lists[arrayEpochs], validations: lists[arrayValidations],
	}
	at.stopping.Restore(optimise.StoppingState{Tol: numbers[courseTol], Best: numbers[courseBest], Idle: head.Idle})
	switch {
	case at.epoch < 0 || at.step < 1 || at.batch < 0 || at.seen < 0 || head.Idle < 0, len(at.epochs) != at.epoch, len(at.loss) != at.step,
		len(at.seconds) != at.step, len(at.validations) != 0 && len(at.validations) != at.epoch:
		err = fmt.Errorf("its numbers of epochs (%d), steps (%d), batches, rows and losses do not go together", at.epoch, at.step)
	case !(at.divisor >= 1) || !numeric.IsFinite(at.divisor) || !numeric.IsFinite(at.rate):
		err = errors.New("its learning rate is not a number")
	}
	return head, at, numbers[courseWall], err
}
