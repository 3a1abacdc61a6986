package setting_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/internal/setting"
)

func pattern(t *testing.T) *regexp.Regexp {
	t.Helper()
	_, schema, err := setting.JSONType(reflect.TypeFor[setting.Period]())
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(schema["pattern"].(string))
}

func TestPeriod(t *testing.T) {
	for _, tc := range []struct {
		text, want    string
		d             time.Duration
		steps, epochs int
	}{
		{"30s", "30s", 30 * time.Second, 0, 0},
		{"1m30s", "1m30s", 90 * time.Second, 0, 0},
		{"90s", "1m30s", 90 * time.Second, 0, 0},
		{"500ms", "500ms", 500 * time.Millisecond, 0, 0},
		{"100 steps", "100 steps", 0, 100, 0},
		{"1 step", "1 steps", 0, 1, 0},
		{"5 epochs", "5 epochs", 0, 0, 5},
		{"5  epochs", "5 epochs", 0, 0, 5},
		{"1 epoch", "1 epochs", 0, 0, 1},
		{"10", "10 epochs", 0, 0, 10},
		{"007 steps", "7 steps", 0, 7, 0},
		{"0", "0", 0, 0, 0},
		{"0s", "0", 0, 0, 0},
		{"0 steps", "0", 0, 0, 0},
	} {
		var p setting.Period
		if err := p.UnmarshalText([]byte(tc.text)); err != nil {
			t.Errorf("%q: %v", tc.text, err)
			continue
		}
		if p.String() != tc.want || p.Time() != tc.d || p.Steps() != tc.steps || p.Epochs() != tc.epochs || p.Never() != (tc.want == "0") {
			t.Errorf("%q is %v: %v, %d steps, %d epochs, never %t", tc.text, p, p.Time(), p.Steps(), p.Epochs(), p.Never())
		}
		if !pattern(t).MatchString(tc.text) {
			t.Errorf("the schema refuses %q", tc.text)
		}
	}
}

func TestPeriodRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "want a period such as 30s, 100 steps or 5 epochs, got \"\"",
		"soon":                       "want a period such as",
		"true":                       "want a period such as",
		"1.5":                        "want a period such as",
		"1.5 epochs":                 "want a period such as",
		"5 rounds":                   "want a period such as",
		"steps":                      "want a period such as",
		"30 s":                       "want a period such as",
		"-1":                         "want a period of 0 or more, got \"-1\"",
		"-5 steps":                   "want a period of 0 or more",
		"-30s":                       "want a period of 0 or more",
		"99999999999999999999 steps": "out of range",
	} {
		p := setting.Period("7 steps")
		err := p.UnmarshalText([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
		if p != "7 steps" {
			t.Errorf("%q: a refused text changed the period to %v", text, p)
		}
		if pattern(t).MatchString(text) && !strings.Contains(want, "range") {
			t.Errorf("the schema takes %q", text)
		}
	}
}

// FuzzPeriod: what is read comes back when it is written, and is of one unit.
func FuzzPeriod(f *testing.F) {
	for _, text := range []string{"30s", "100 steps", "5 epochs", "10", "0", "-1", "1h2m", "9999999999h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var p, again setting.Period
		if err := p.UnmarshalText([]byte(text)); err != nil {
			if len(err.Error()) > 400 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		if err := again.UnmarshalText([]byte(p.String())); err != nil || again != p {
			t.Fatalf("%q is %v, which is read as %v: %v", text, p, again, err)
		}
		units := 0
		for _, has := range []bool{p.Time() > 0, p.Steps() > 0, p.Epochs() > 0} {
			if has {
				units++
			}
		}
		if p.Never() != (units == 0) || units > 1 {
			t.Fatalf("%q is %v, of %d units", text, p, units)
		}
	})
}
