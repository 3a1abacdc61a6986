package models

import "time"

// SetNow tells a store the time.
func (s *Store) SetNow(now time.Time) { s.now = func() time.Time { return now } }

// MostScores and MostRuns are the bounds of what is kept.
const (
	MostScores = mostScores
	MostRuns   = mostRuns
)
