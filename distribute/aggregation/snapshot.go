package aggregation

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
)

// SnapshotRequest is the query of Snapshot.
type SnapshotRequest struct {
	FitID string `query:"fit_id" doc:"The fit of a model that is in service, was before, or is staged."`
}

// ModelVersion is the version of ModelFrame and its array.
const ModelVersion = 1

// ArrayLearner is the array of a ModelFrame: the bytes of the learner's snapshot (wire.Bytes).
const ArrayLearner = "learner"

// ModelFrame is the head of a worker's model as it is stored: a frame, with a checksum as in all frames, and
// the array ArrayLearner.
type ModelFrame struct {
	Version int    `json:"version"`
	FitID   string `json:"fit_id"`
	Worker  string `json:"worker"`

	Learner    string          `json:"learner"`
	Params     json.RawMessage `json:"params,omitempty"` // those that differ from the defaults
	ConfigHash string          `json:"config_hash,omitempty"`

	Classes     []learner.Label      `json:"classes,omitempty"`     // nil for regression
	Features    []string             `json:"features"`              // that the learner sees
	Columns     []string             `json:"columns"`               // of the rows as they come
	Preparation *prepare.Preparation `json:"preparation,omitempty"` // makes the features of them; nil if they are the features

	Rows        int                  `json:"rows"`               // training rows
	RowsSum     string               `json:"rows_sum,omitempty"` // their checksum
	Agreed      string               `json:"agreed,omitempty"`   // FitRequest.Sum of the fit
	Seconds     float64              `json:"seconds"`            // of fitting
	OutOfBag    *api.OutOfBag        `json:"out_of_bag,omitempty"`
	Convergence *learner.Convergence `json:"convergence,omitempty"`

	Bytes int `json:"bytes"` // of the learner's snapshot
}

// Check says what of a head cannot be, whatever the worker is; nil if it can be used.
func (f *ModelFrame) Check() error {
	switch {
	case f.Version != ModelVersion:
		return fmt.Errorf("its version is %d, and this program reads version %d", f.Version, ModelVersion)
	case f.FitID == "" || f.Learner == "":
		return errors.New("it does not say of which fit it is, or of which learner")
	case len(f.Features) == 0 || len(f.Columns) == 0:
		return errors.New("it has no features, or no columns")
	case !distinct(f.Features) || !distinct(f.Columns):
		return errors.New("two of its features, or of its columns, have one name")
	case !distinct(f.Classes):
		return errors.New("it has a class twice")
	case f.Rows < 1 || !(f.Seconds >= 0) || math.IsInf(f.Seconds, 0):
		return fmt.Errorf("it was fitted to %d rows in %v seconds", f.Rows, f.Seconds)
	case f.Bytes < 1:
		return fmt.Errorf("the learner's snapshot has %d bytes", f.Bytes)
	}
	if f.Preparation == nil {
		if !slices.Equal(f.Features, f.Columns) {
			return errors.New("its features are not its columns, and nothing makes them of those")
		}
		return nil
	}
	if err := f.Preparation.Validate(); err != nil {
		return err
	}
	columns := make([]string, len(f.Preparation.Columns))
	for i, c := range f.Preparation.Columns {
		columns[i] = c.Name
	}
	if !slices.Equal(columns, f.Columns) || !slices.Equal(f.Preparation.Features(), f.Features) {
		return errors.New("its preparation is of other columns, or makes other features")
	}
	return nil
}

func distinct[T comparable](list []T) bool {
	seen := make(map[T]bool, len(list))
	for _, v := range list {
		if seen[v] {
			return false
		}
		seen[v] = true
	}
	return true
}

// Sum is a checksum of what the workers of a fit have agreed on, as one of them was told: 16 hexadecimal
// digits of the SHA-256 of the request. It is the same at both ends.
func (r FitRequest) Sum() (string, error) {
	text, err := json.Marshal(r)
	var again FitRequest // what a list that is empty, or absent, is to the other end
	if err == nil {
		err = json.Unmarshal(text, &again)
	}
	if err == nil {
		text, err = json.Marshal(again)
	}
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}
