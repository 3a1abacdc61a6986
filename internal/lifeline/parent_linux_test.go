package lifeline

import (
	"strings"
	"testing"
)

func TestRunsPrograms(t *testing.T) {
	for line, want := range map[string]bool{
		"go run .": true, "/usr/bin/go run -race ./examples/bagging": true, "go tool chimera run": true, "go -C project run .": true,
		"go": false, "go test -run run": false, "go generate": false, "go build run": false, "": false,
	} {
		if got := runsPrograms(strings.Fields(line)); got != want {
			t.Errorf("%s: %t", line, got)
		}
	}
}
