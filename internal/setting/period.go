package setting

import (
	"encoding"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Period says how often something happens during a training: after a length of
// time ("30s"), a number of steps ("100 steps") or of epochs ("5 epochs"; a number alone
// counts epochs). The zero value, and any way to write 0, is never.
//
// It is text in its one spelling, so that two periods are equal if they mean
// the same.
type Period string

// The units of a period that is not a length of time.
const (
	stepsUnit  = "steps"
	epochsUnit = "epochs"
)

// UnmarshalText reads "30s", "1m30s", "100 steps", "5 epochs" or "5".
func (p *Period) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if d, err := time.ParseDuration(s); err == nil && s != "0" {
		if d < 0 {
			return fmt.Errorf("want a period of 0 or more, got %s", Quote(s))
		}
		*p = ""
		if d > 0 {
			*p = Period(d.String())
		}
		return nil
	}
	number, unit, _ := strings.Cut(s, " ")
	n, err := strconv.Atoi(number)
	switch unit = strings.TrimSpace(unit); unit {
	case "", "epoch":
		unit = epochsUnit
	case "step":
		unit = stepsUnit
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("the number of %s is out of range", Quote(s))
	case err != nil, unit != stepsUnit && unit != epochsUnit:
		return fmt.Errorf("want a period such as 30s, 100 steps or 5 epochs, got %s", Quote(s))
	case n < 0:
		return fmt.Errorf("want a period of 0 or more, got %s", Quote(s))
	}
	*p = ""
	if n > 0 {
		*p = Period(strconv.Itoa(n) + " " + unit)
	}
	return nil
}

// Never reports whether there is no period.
func (p Period) Never() bool { return p == "" }

// Time is the length of time, or 0 if the period is none.
func (p Period) Time() time.Duration {
	d, err := time.ParseDuration(string(p))
	if err != nil {
		return 0 // it counts steps or epochs
	}
	return d
}

// Steps is the number of steps, or 0 if the period does not count them.
func (p Period) Steps() int { return p.count(stepsUnit) }

// Epochs is the number of epochs, or 0 if the period does not count them.
func (p Period) Epochs() int { return p.count(epochsUnit) }

func (p Period) count(unit string) int {
	number, of, _ := strings.Cut(string(p), " ")
	n, err := strconv.Atoi(number)
	if err != nil || of != unit {
		return 0
	}
	return n
}

// String is the period in its one spelling; 0 is never.
func (p Period) String() string {
	if p.Never() {
		return "0"
	}
	return string(p)
}

// ParamSchema names the type, and takes a number of epochs too.
func (Period) ParamSchema() (string, map[string]any) {
	return "period", map[string]any{
		"type": []string{"string", "integer"}, "minimum": 0,
		"pattern": `^ *([0-9]+( +(steps?|epochs?))?|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+) *$`,
	}
}

var (
	_ encoding.TextUnmarshaler = (*Period)(nil)
	_ Schemer                  = Period("")
)
