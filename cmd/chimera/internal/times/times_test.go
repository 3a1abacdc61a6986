package times_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/cmd/chimera/internal/times"
)

func ExampleRead() {
	log, err := times.Read(strings.NewReader(`http://localhost:8081/v1/chimera/model/fit worker endpoint latency = 0.006 s
http://localhost:8081/v1/chimera/model/fit worker endpoint latency = 0.002 s
http://localhost:8081/v1/chimera/model/fit worker endpoint latency = 0.001 s
http://localhost:8080/v1/chimera/aggregation/fit master endpoint latency = 1.0 s
http://localhost:8080/v1/chimera/aggre`))
	if err != nil {
		panic(err)
	}
	_ = times.Write(os.Stdout, log.Rows())
	// Output:
	// NODE    ADDRESS         PATH                         CALLS  MEAN s  MEDIAN s  P95 s   MAX s
	// master  localhost:8080  /v1/chimera/aggregation/fit  1      1.0000  1.0000    1.0000  1.0000
	// worker  localhost:8081  /v1/chimera/model/fit        3      0.0030  0.0020    0.0060  0.0060
}

func TestNoCalls(t *testing.T) {
	if _, err := times.Read(strings.NewReader("something else\n")); err == nil {
		t.Error("a log without calls was summed up")
	}
}

const objects = `{"time":"2026-11-30T02:00:01Z","node":"worker","worker":"tree1","path":"/fit","run":"20261130T020000.000-aa","seconds":0.5}
{"time":"2026-11-30T02:00:01Z","node":"worker","worker":"tree2","path":"/fit","run":"20261130T020000.000-aa","seconds":0.25}
{"time":"2026-11-30T02:00:01Z","node":"master","path":"/v1/fit","run":"20261130T020000.000-aa","seconds":1}
{"time":"2026-11-30T02:00:02Z","node":"worker","worker":"tree1","path":"/predict","seconds":0.002}
{"time":"2026-11-30T02:01:01Z","node":"worker","worker":"tree1","path":"/fit","run":"20261130T020100.000-bb","seconds":2}
{"time":"2026-11-30T02:01:01Z","node":"worker","worker":"tree1","path":"/fit","run":"20261130T020100.000-bb","seconds":1}
{"time":"2026-11-30T02:01:01Z","node":"worker","worker":"tree1","path":"/fit","run":"20261130T020100.000-bb","seconds":4}
{"time":"2026-11-30T02:01:02Z","node":"worker","worker":"tree3","path":"/fit","run":"20261130T020100.000-bb","seconds":0.125}
{"time":"2026-11-30T02:01:03Z","node":"master","path":"/v1/fit","run":"20261130T020100.000-bb","seconds":0}
{"time":"2026-11-30T02:01:03Z","node":"mas`

func readObjects(t *testing.T) *times.Log {
	t.Helper()
	log, err := times.Read(strings.NewReader(objects))
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// Calls are summed up by the worker's name over all runs, or of one run.
func TestRowsOfObjects(t *testing.T) {
	log := readObjects(t)
	want := []times.Row{
		{Node: "master", Path: "/v1/fit", Calls: 2, Mean: 0.5, Median: 0, P95: 1, Max: 1},
		{Node: "worker", Worker: "tree1", Path: "/fit", Calls: 4, Mean: 1.875, Median: 1, P95: 4, Max: 4},
		{Node: "worker", Worker: "tree2", Path: "/fit", Calls: 1, Mean: 0.25, Median: 0.25, P95: 0.25, Max: 0.25},
		{Node: "worker", Worker: "tree3", Path: "/fit", Calls: 1, Mean: 0.125, Median: 0.125, P95: 0.125, Max: 0.125},
		{Node: "worker", Worker: "tree1", Path: "/predict", Calls: 1, Mean: 0.002, Median: 0.002, P95: 0.002, Max: 0.002},
	}
	if d := cmp.Diff(want, log.Rows()); d != "" {
		t.Errorf("all runs (-want +got):\n%s", d)
	}
	want = []times.Row{
		{Node: "master", Path: "/v1/fit", Calls: 1, Mean: 1, Median: 1, P95: 1, Max: 1},
		{Node: "worker", Worker: "tree1", Path: "/fit", Calls: 1, Mean: 0.5, Median: 0.5, P95: 0.5, Max: 0.5},
		{Node: "worker", Worker: "tree2", Path: "/fit", Calls: 1, Mean: 0.25, Median: 0.25, P95: 0.25, Max: 0.25},
	}
	if d := cmp.Diff(want, log.Of("20261130T020000.000-aa").Rows()); d != "" {
		t.Errorf("one run (-want +got):\n%s", d)
	}
}

func TestFindRuns(t *testing.T) {
	log := readObjects(t)
	const a, b = "20261130T020000.000-aa", "20261130T020100.000-bb"
	for word, want := range map[string]string{"latest": b, a: a, "20261130T0200": a, "20261130T0201": b} {
		if id, err := log.Find(word); err != nil || id != want {
			t.Errorf("%s is %q, want %q: %v", word, id, want, err)
		}
	}
	for word, want := range map[string]string{
		"none": `it has no run "none"; it has ` + b + ", " + a, "": `it has no run ""; it has ` + b + ", " + a,
		"2026": `"2026" is the beginning of the IDs of 2 runs: ` + b + ", " + a + "; say more of it",
	} {
		if id, err := log.Find(word); err == nil || err.Error() != want {
			t.Errorf("%q: %q, %v", word, id, err)
		}
	}
	var many strings.Builder
	for _, c := range "abcdefgh" {
		many.WriteString(`{"node":"master","path":"/fit","run":"` + string(c) + `","seconds":1}` + "\n")
	}
	log, err := times.Read(strings.NewReader(many.String()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Find("x"); err == nil || err.Error() != `it has no run "x"; it has h, g, f, e, d and 3 more` {
		t.Errorf("got %v", err)
	}
	log, err = times.Read(strings.NewReader("http://localhost:8081/fit worker endpoint latency = 0.5 s\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Find("latest"); err == nil {
		t.Error("a log without runs has the latest one")
	}
}

func TestCompare(t *testing.T) {
	c := readObjects(t).Compare("20261130T020000.000-aa", "20261130T020100.000-bb")
	var out strings.Builder
	if err := c.Write(&out); err != nil {
		t.Fatal(err)
	}
	want := `A  20261130T020000.000-aa
B  20261130T020100.000-bb

NODE    WORKER  PATH     CALLS A  CALLS B  MEDIAN A s  MEDIAN B s  B/A   P95 A s  P95 B s
master  -       /v1/fit  1        1        1.0000      0.0000      0.00  1.0000   0.0000
worker  tree1   /fit     1        3        0.5000      2.0000      4.00  0.5000   4.0000
worker  tree2   /fit     1        0        0.2500      -           -     0.2500   -
worker  tree3   /fit     0        1        -           0.1250      -     -        0.1250
`
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("table (-want +got):\n%s", d)
	}
	back := readObjects(t).Compare("20261130T020100.000-bb", "20261130T020000.000-aa").Rows
	if back[0].Ratio != nil || back[1].Ratio == nil || *back[1].Ratio != 0.25 || back[2].A != nil || back[2].B == nil {
		t.Errorf("the other way round: %+v", back)
	}
	same := readObjects(t).Compare("20261130T020100.000-bb", "20261130T020100.000-bb").Rows
	if len(same) != 3 || *same[1].Ratio != 1 {
		t.Errorf("a run beside itself: %+v", same)
	}
}

// An object that cannot be is named by its line; what is no call is passed over.
func TestWrongObjects(t *testing.T) {
	const negative = `{"node":"worker","path":"/fit","seconds":1}` + "\n" + `{"node":"worker","path":"/fit","seconds":-1}`
	if _, err := times.Read(strings.NewReader(negative)); err == nil || err.Error() != "line 2: a latency of -1 s is negative" {
		t.Errorf("got %v", err)
	}
	if _, err := times.Read(strings.NewReader(`{"node":"nobody","path":"/fit","seconds":1}`)); err == nil {
		t.Error("nobody's call was summed up")
	}
}
