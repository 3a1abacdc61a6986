package setting

import (
	"encoding"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time, written as Go writes one ("1m30s") or as a
// number of seconds.
type Duration time.Duration

// UnmarshalText reads "100s", "1m30s", "100" or "0.5".
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		nanos := seconds * float64(time.Second)
		if !(math.Abs(nanos) < math.MaxInt64) { // also refuses NaN
			return fmt.Errorf("%s seconds is out of range", s)
		}
		*d = Duration(nanos)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("want a duration such as 100s or 1m30s, or a number of seconds, got %s", Quote(s))
	}
	*d = Duration(v)
	return nil
}

// String is as time.Duration writes it.
func (d Duration) String() string { return time.Duration(d).String() }

// Size is a number of bytes, written with a unit ("64MiB", "1.5GB") or
// without one.
type Size int64

var units = []struct {
	name  string
	bytes int64
}{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1},
}

// UnmarshalText reads "64MiB", "64 MiB", "1.5GB" or a number of bytes.
func (z *Size) UnmarshalText(text []byte) error {
	s := string(text)
	number, unit := s, int64(1)
	for _, u := range units {
		if cut, ok := strings.CutSuffix(s, u.name); ok {
			number, unit = strings.TrimSpace(cut), u.bytes
			break
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(v) {
		return fmt.Errorf("want a size such as 64MiB, or a number of bytes, got %s", Quote(s))
	}
	if v < 0 || v*float64(unit) >= math.MaxInt64 {
		return fmt.Errorf("the size %s is out of range", s)
	}
	*z = Size(v * float64(unit))
	return nil
}

// String uses the largest unit that gives a whole number.
func (z Size) String() string {
	for _, u := range units {
		if z >= Size(u.bytes) && z%Size(u.bytes) == 0 {
			return fmt.Sprintf("%d%s", z/Size(u.bytes), u.name)
		}
	}
	return fmt.Sprintf("%dB", int64(z)) // 0
}

// ParamSchema names the type, and takes a number of seconds too.
func (Duration) ParamSchema() (string, map[string]any) {
	return "duration", map[string]any{"type": []string{"string", "number"}}
}

// ParamSchema names the type, and takes a number of bytes too.
func (Size) ParamSchema() (string, map[string]any) {
	return "size", map[string]any{"type": []string{"string", "number"}}
}

var (
	_ encoding.TextUnmarshaler = (*Duration)(nil)
	_ encoding.TextUnmarshaler = (*Size)(nil)
	_ Schemer                  = Duration(0)
	_ Schemer                  = Size(0)
)
