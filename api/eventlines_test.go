package api_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/api"
)

// Events that are written as lines come back as the types that were sent, also those of other programs.
func TestReadEvents(t *testing.T) {
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	sent := []api.Envelope{
		{Seq: 1, Time: at, Event: api.FitStartedEvent{FitID: "f", Workers: []string{"w1"}, Started: at}},
		{Seq: 4, Time: at.Add(time.Second), Event: api.StepEvent{FitID: "f", Step: 2, Parts: []api.WorkerStep{{Worker: "w1", Total: api.WorkerTotals{Steps: 2}}}}},
		{Seq: 4, Time: at, Event: api.StepEvent{FitID: "f", Step: 3, Loss: new(0.0)}}, // the step before has none
		{Seq: 5, Time: at, Event: api.UnknownEvent{Name: "of_another", Data: json.RawMessage(`{"x":1}`)}},
		{Seq: 6, Time: at, Event: api.FitCommittedEvent{FitID: "f"}},
	}
	var text strings.Builder
	for i := range sent {
		sent[i].Kind = sent[i].Event.Kind()
		line, err := json.Marshal(sent[i])
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := sent[i].Event.(api.StepEvent); ok && strings.Contains(string(line), `"loss"`) != (e.Loss != nil) {
			t.Errorf("a step whose loss is known (%v) is written as %s", e.Loss != nil, line)
		}
		text.Write(append(line, '\n'))
	}
	var got []api.Envelope
	if err := api.ReadEvents(strings.NewReader(text.String()), func(e api.Envelope) bool { got = append(got, e); return true }); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, sent) {
		t.Errorf("got %+v, want %+v", got, sent)
	}
	n := 0
	if err := api.ReadEvents(strings.NewReader(text.String()), func(api.Envelope) bool { n++; return n < 2 }); n != 2 || err != nil {
		t.Errorf("after false came %d events, %v", n, err)
	}
	for broken, says := range map[string]string{
		"{\"seq\":1,\"kind\":\"x\",\"event\":{}}\n{\"seq\":2": "line 2", "{}\n": "line 1", "nothing\n": "line 1",
		strings.Repeat("x", 2<<20): "after line 0", `{"kind":"step","event":{"step":"x"}}`: "step",
	} {
		if err := api.ReadEvents(strings.NewReader(broken), func(api.Envelope) bool { return true }); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40s: got %v, want an error that says %s", broken, err, says)
		}
	}
}
