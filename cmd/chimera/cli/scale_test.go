package cli

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
)

// scale waits until the workers of those that leave have ended, and not only until they take no part.
func TestScaleWaitsForLeavers(t *testing.T) {
	states := []api.Member{
		{Worker: "tree2", State: api.MemberUp}, {Worker: "tree2", State: api.MemberAway, Ending: true}, {Worker: "tree2", State: api.MemberAway},
	}
	asked := 0 // one request at a time
	master := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var answer any
		switch r.URL.Path {
		case api.PathWorkers:
			w.WriteHeader(http.StatusAccepted)
			answer = api.ScaleResponse{Joining: []string{}, Leaving: []string{"tree2"}, When: api.ScaleNow, Workers: 1}
		case api.PathStatus:
			answer = api.MasterStatus{Master: "aggregation", Workers: []api.Member{{Worker: "tree1", State: api.MemberUp}, states[min(asked, len(states)-1)]}}
			asked++
		default:
			t.Errorf("%s %s", r.Method, r.URL)
		}
		_ = json.NewEncoder(w).Encode(answer) // a client that has gone misses nothing
	}))
	defer master.Close()
	var out, notes bytes.Buffer
	if status := run(t.Context(), []string{"scale", "1", "--url", master.URL}, &out, &notes); status != 0 {
		t.Fatalf("status %d: %s", status, &notes)
	}
	if said := out.String() + notes.String(); asked != len(states) || !strings.Contains(said, "left: tree2") {
		t.Errorf("it looked %d times, want %d, and said %q", asked, len(states), said)
	}
}
