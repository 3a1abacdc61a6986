package models

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
)

// nameBytes are what IDs and names of parts are made of, which are names of files too.
const nameBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

// plain reports whether a name can be that of a file everywhere.
func plain(name string) bool {
	return name != "" && len(name) <= 100 && strings.Trim(name, nameBytes) == "" && !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".")
}

// CheckID refuses what cannot be the ID of a fit.
func CheckID(id string) error {
	if !plain(id) || strings.EqualFold(id, runsFolder) || strings.HasSuffix(strings.ToLower(id), ".json") {
		return fmt.Errorf("%q is not the ID of a fit", id)
	}
	return nil
}

// formatError refuses a format that this version does not know.
func formatError(format int) error {
	switch {
	case format > FormatVersion:
		return fmt.Errorf("its format is %d, and this version of Chimera reads up to %d: use the version that wrote it, or a newer one", format, FormatVersion)
	case format < 1:
		return fmt.Errorf("its format is %d, which does not exist", format)
	}
	return nil
}

// Check says what is wrong with a manifest. Who has checked one can trust its lengths, names and sizes.
func (m *Manifest) Check() error {
	if err := formatError(m.Format); err != nil {
		return err
	}
	if err := CheckID(m.ID); err != nil {
		return err
	}
	if m.Kind == "" {
		return errors.New("it does not say which kind of master fitted the model")
	}
	if err := checkTime(m.Created); err != nil {
		return err
	}
	if err := checkWorkers(m.Workers); err != nil {
		return err
	}
	check := m.Model.check
	if m.Model.Task == "" && m.refitsAll() {
		check = m.Model.checkUntold
	}
	if err := check(); err != nil {
		return fmt.Errorf("its model: %w", err)
	}
	if m.Model.Preparation != nil && len(m.Model.FirstRows) != len(m.Workers) {
		return fmt.Errorf("its model: %d first rows for %d workers", len(m.Model.FirstRows), len(m.Workers))
	}
	return checkParts(m.Parts)
}

// checkTime refuses a time that cannot be written again.
func checkTime(t time.Time) error {
	if y := t.Year(); y < 1 || y > 9999 {
		return fmt.Errorf("it was made in the year %d", y)
	}
	return nil
}

// once refuses names that are not plain, or that one file would have: some systems know no case.
func once[T any](what string, all []T, name func(T) string) error {
	seen := make(map[string]bool, len(all))
	for i, one := range all {
		n := name(one)
		if !plain(n) {
			return fmt.Errorf("%s %d has the name %.100q: want letters, digits, '-', '_' and '.'", what, i+1, n)
		}
		if seen[strings.ToLower(n)] {
			return fmt.Errorf("two %ss have the name %q", what, n)
		}
		seen[strings.ToLower(n)] = true
	}
	return nil
}

func checkWorkers(workers []Worker) error {
	if err := once("worker", workers, func(w Worker) string { return w.Name }); err != nil {
		return err
	}
	for _, w := range workers {
		if w.Rows < 0 || w.Weight < 0 {
			return fmt.Errorf("worker %s has %d rows and the weight %v", w.Name, w.Rows, w.Weight)
		}
	}
	return nil
}

func checkParts(parts []Part) error {
	if err := once("part", parts, func(p Part) string { return p.Name }); err != nil {
		return err
	}
	for _, p := range parts {
		sum, err := hex.DecodeString(p.SHA256)
		switch {
		case p.Size < 0 || p.Size > math.MaxInt64/2:
			return fmt.Errorf("part %s has %d bytes", p.Name, p.Size)
		case p.Refit != "" && (p.SHA256 != "" || p.Size != 0):
			return fmt.Errorf("part %s is fitted again, and has something stored", p.Name)
		case p.Refit == "" && (err != nil || len(sum) != 32 || p.SHA256 != strings.ToLower(p.SHA256)):
			return fmt.Errorf("part %s has the checksum %.100q: want 64 hexadecimal digits", p.Name, p.SHA256)
		}
	}
	return nil
}

// refitsAll reports whether nothing is stored of any worker.
func (m *Manifest) refitsAll() bool {
	return len(m.Parts) > 0 && !slices.ContainsFunc(m.Parts, func(p Part) bool { return p.Refit == "" })
}

// checkUntold checks the model of workers none of which tells its rows' columns, as those of the Python package.
func (m *Model) checkUntold() error {
	if len(m.Features) > 0 || len(m.Classes) > 0 || len(m.Baseline) > 0 || len(m.Columns) > 0 || len(m.Centers) > 0 || m.Rows != 0 ||
		m.Preparation != nil || m.Question != nil {
		return errors.New("it has no task, but features, classes, rows, a baseline or a preparation")
	}
	return nil
}

// check compares the lengths of what belongs together.
func (m *Model) check() error {
	if _, err := learner.ParseTask(string(m.Task)); err != nil {
		return err
	}
	if len(m.Features) == 0 || m.Rows < 0 {
		return fmt.Errorf("it has %d features and %d training rows", len(m.Features), m.Rows)
	}
	for _, name := range m.Features {
		if !utf8.ValidString(name) {
			return fmt.Errorf("the feature %q is not UTF-8", name)
		}
	}
	for _, label := range m.Classes {
		if !utf8.ValidString(string(label)) {
			return fmt.Errorf("the class %q is not UTF-8", label)
		}
	}
	if name, twice := repeated(m.Features); twice {
		return fmt.Errorf("two features have the name %q", name)
	}
	if label, twice := repeated(m.Classes); twice {
		return fmt.Errorf("it has the class %q twice", label)
	}
	outputs := 1
	if m.Task == learner.Classification {
		outputs = len(m.Classes)
	}
	switch {
	case m.Task == learner.Regression && len(m.Classes) > 0:
		return fmt.Errorf("a regression has %d classes", len(m.Classes))
	case outputs == 0:
		return errors.New("a classification has no classes")
	case len(m.Baseline) != 0 && len(m.Baseline) != outputs:
		return fmt.Errorf("its baseline has %d numbers instead of %d", len(m.Baseline), outputs)
	}
	return m.checkPreparation()
}

func (m *Model) checkPreparation() error {
	if m.Preparation == nil {
		if len(m.Columns) > 0 || m.Question != nil {
			return errors.New("it has columns to be prepared, and no preparation")
		}
		return nil
	}
	if err := m.Preparation.Validate(); err != nil {
		return err
	}
	columns := make([]string, len(m.Preparation.Columns))
	for i, c := range m.Preparation.Columns {
		columns[i] = c.Name
	}
	switch {
	case !slices.Equal(columns, m.Columns):
		return errors.New("its columns are not those of its preparation")
	case !slices.Equal(m.Preparation.Features(), m.Features):
		return errors.New("its features are not those that its preparation makes")
	case m.Question == nil:
		return errors.New("the question is missing that its preparation answers")
	case !slices.Equal(m.Question.Columns, m.Columns):
		return errors.New("the question that its preparation answers is about other columns")
	}
	return m.Question.Check()
}

// repeated is a value that occurs twice.
func repeated[T comparable](all []T) (value T, twice bool) {
	seen := make(map[T]bool, len(all))
	for _, v := range all {
		if seen[v] {
			return v, true
		}
		seen[v] = true
	}
	return value, false
}

// Check says what is wrong with the record of a fit.
func (r *Run) Check() error {
	if err := CheckID(r.ID); err != nil {
		return err
	}
	if !slices.Contains([]api.FitState{api.FitSucceeded, api.FitFailed, api.FitCancelled}, r.State) {
		return fmt.Errorf("its state is %q", r.State)
	}
	if r.Seconds < 0 {
		return fmt.Errorf("it took %v seconds", r.Seconds)
	}
	if err := checkTime(r.Started); err != nil {
		return err
	}
	return errors.Join(checkWorkers(r.Workers), checkScores(r.Scores))
}

func checkScores(scores []Score) error {
	for i, s := range scores {
		if s.Name == "" || s.Result == nil {
			return fmt.Errorf("score %d has no name, or no result", i+1)
		}
		if err := checkTime(s.At); err != nil {
			return fmt.Errorf("score %s: %w", s.Name, err)
		}
	}
	return nil
}
