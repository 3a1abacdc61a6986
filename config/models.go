package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	quantity "github.com/gochimera/chimera/internal/setting"
)

// Models is where fitted models are kept, and how many.
type Models struct {
	Store string `yaml:"store" default:"chimera_models" validate:"required"`
	Keep  Keep   `yaml:"keep" default:"20"`
}

// NoModels is the store of a project that keeps no models.
const NoModels = "none"

// StoreURL is the URL of the bucket that keeps the models; "" if a folder does, or none.
func (m Models) StoreURL() string {
	if strings.Contains(m.Store, "://") {
		return m.Store
	}
	return ""
}

// Keep says which models are kept beside the one in service: the newest so many if it is positive, else those that are
// younger than so many nanoseconds.
type Keep int64

// Newest is how many models are kept; 0 if their age decides.
func (k Keep) Newest() int { return max(0, int(k)) }

// Age is how old models may become; 0 if their number decides.
func (k Keep) Age() time.Duration { return max(0, time.Duration(-k)) }

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// mostKept bounds a number of models.
const mostKept = 1_000_000

// UnmarshalText reads a number of models ("20"), or an age ("30d", "2w", "720h").
func (k *Keep) UnmarshalText(text []byte) error {
	s := string(text)
	if n, err := strconv.Atoi(s); err == nil {
		if n < 1 || n > mostKept {
			return fmt.Errorf("want 1 to %d models, got %d; store: none keeps no models", mostKept, n)
		}
		*k = Keep(n)
		return nil
	}
	age, err := parseAge(s)
	if err != nil {
		return fmt.Errorf("want a number of models such as 20, or an age such as 30d or 720h, got %s", quantity.Quote(s))
	}
	if age <= 0 {
		return fmt.Errorf("the age %s is not positive", s)
	}
	*k = Keep(-age)
	return nil
}

// parseAge reads a duration, also in days or weeks, which package time does not know.
func parseAge(s string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"d": day, "w": week} {
		number, ok := strings.CutSuffix(s, suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return 0, err
		}
		if nanos := n * float64(unit); math.Abs(nanos) < math.MaxInt64 { // not for NaN
			return time.Duration(nanos), nil
		}
		return 0, strconv.ErrRange
	}
	return time.ParseDuration(s)
}

// String is as it is written.
func (k Keep) String() string {
	switch age := k.Age(); {
	case age == 0:
		return strconv.Itoa(int(k))
	case age%day == 0:
		return fmt.Sprintf("%dd", age/day)
	default:
		return age.String()
	}
}

// ParamSchema names the type, and takes a number too.
func (Keep) ParamSchema() (string, map[string]any) {
	return "number or age", map[string]any{"type": []string{"string", "integer"}}
}
