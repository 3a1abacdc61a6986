package cluster

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/internal/logs"
)

// The lines are the Python package's: at most four decimals, without trailing zeros. The objects beside them say who was
// asked, and for which run.
func TestTimeLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "chimera_time.log")
	l, err := OpenTimeLog(file)
	if err != nil {
		t.Fatal(err)
	}
	m := newMember(0, Endpoint{Name: "tree1", URL: "http://localhost:8081"})
	run := logs.WithRun(t.Context(), "r1")
	l.worker(run, m, "http://localhost:8081/v1/chimera/model/fit", 6*time.Millisecond)
	l.worker(t.Context(), m, "http://localhost:8081/v1/chimera/model/predict", 10234567*time.Nanosecond)
	l.master(run, "http://localhost:8080", "/v1/chimera/aggregation/fit", 2*time.Second)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := `http://localhost:8081/v1/chimera/model/fit worker endpoint latency = 0.006 s
http://localhost:8081/v1/chimera/model/predict worker endpoint latency = 0.0102 s
http://localhost:8080/v1/chimera/aggregation/fit master endpoint latency = 2.0 s
`
	if string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	wantCalls := []map[string]any{
		{"node": "worker", "worker": "tree1", "path": "/v1/chimera/model/fit", "run": "r1", "seconds": 0.006},
		{"node": "worker", "worker": "tree1", "path": "/v1/chimera/model/predict", "seconds": 0.010235},
		{"node": "master", "path": "/v1/chimera/aggregation/fit", "run": "r1", "seconds": 2.0},
	}
	if d := cmp.Diff(wantCalls, timedCalls(t, filepath.Join(filepath.Dir(file), "chimera_time.jsonl"))); d != "" {
		t.Errorf("objects (-want +got):\n%s", d)
	}
	var none *TimeLog
	none.worker(run, m, "x", 1) // writes nothing
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}

// timedCalls are the objects of a file without their times, which have to be some.
func timedCalls(t *testing.T, file string) (calls []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var call map[string]any
		if err := json.Unmarshal(line, &call); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		when, _ := call["time"].(string)
		if at, err := time.Parse(time.RFC3339Nano, when); err != nil || at.IsZero() {
			t.Errorf("a call without its time: %s", line)
		}
		delete(call, "time")
		calls = append(calls, call)
	}
	return calls
}

// What cannot be opened leaves nothing open, and is named.
func TestTimeLogThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "times.jsonl"), 0o700); err != nil {
		t.Fatal(err)
	}
	if l, err := OpenTimeLog(filepath.Join(dir, "times.log")); err == nil || l != nil || !bytes.Contains([]byte(err.Error()), []byte("times.jsonl")) {
		t.Errorf("%v, %v", l, err)
	}
}
