package figures_test

import (
	"testing"
	"time"

	"github.com/gochimera/chimera/cmd/chimera/internal/figures"
)

func TestSeconds(t *testing.T) {
	t.Parallel()
	for s, want := range map[float64]string{
		0: "0s", 0.000012: "0s", 0.00123456: "1.2ms", 0.99994: "999.9ms", 1.23456: "1.23s", 59.994: "59.99s", 75.6: "1m16s", 7265: "2h1m5s",
	} {
		if got := figures.Seconds(s, 100*time.Microsecond); got != want {
			t.Errorf("%v s: %q, want %q", s, got, want)
		}
	}
	if got := figures.Seconds(0.00123456, 10*time.Microsecond); got != "1.23ms" {
		t.Errorf("finer: %q", got)
	}
}
