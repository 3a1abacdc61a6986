// Package figures writes numbers as people read them.
package figures

import "time"

// Seconds is a duration. Below a second it is rounded to finest.
func Seconds(s float64, finest time.Duration) string {
	d := time.Duration(s * float64(time.Second))
	switch {
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	default:
		return d.Round(finest).String()
	}
}
