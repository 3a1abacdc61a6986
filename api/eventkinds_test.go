package api_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/gochimera/chimera/api"
)

// mergedEvent is an event of a third party's kind of distribution.
type mergedEvent struct {
	FitID string `json:"fit_id"`
	Trees int    `json:"trees"`
}

func (mergedEvent) Kind() string { return "test_merged" }

type sameNameEvent struct{}

func (sameNameEvent) Kind() string { return "step" }

func TestDecodeEvent(t *testing.T) {
	const data = `{"fit_id":"7","trees":12}`
	unknown, err := api.DecodeEvent("test_merged", []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := unknown.(api.UnknownEvent); !ok || e.Kind() != "test_merged" || string(e.Data) != data {
		t.Errorf("before it is registered: %#v", unknown)
	}
	if text, err := json.Marshal(unknown); err != nil || string(text) != data {
		t.Errorf("it is passed on as %s, %v", text, err)
	}

	before := len(api.Events())
	api.RegisterEvent(mergedEvent{})
	if list := api.Events(); len(list) != before+1 || list[before] != (mergedEvent{}) {
		t.Errorf("%d events, then %d", before, len(list))
	}
	got, err := api.DecodeEvent("test_merged", []byte(data))
	if want := (mergedEvent{FitID: "7", Trees: 12}); err != nil || got != want {
		t.Errorf("got %#v, %v, want %#v", got, err, want)
	}

	for _, c := range []struct{ name, data string }{{"step", `{"step":"x"}`}, {"step", `{`}, {"none", `{`}, {"none", ``}} {
		if got, err := api.DecodeEvent(c.name, []byte(c.data)); err == nil {
			t.Errorf("%s %q: got %#v, want an error", c.name, c.data, got)
		}
	}
}

// Every event is decoded as the type that was sent.
func TestEventsComeBackTyped(t *testing.T) {
	for _, e := range api.Events() {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := api.DecodeEvent(e.Kind(), text)
		if err != nil || reflect.TypeOf(got) != reflect.TypeOf(e) {
			t.Errorf("%s: got %T, %v, want %T", e.Kind(), got, err, e)
		}
	}
}

func TestRegisterEventPanics(t *testing.T) {
	for name, e := range map[string]api.Event{
		"nothing": nil, "a name that is taken": sameNameEvent{}, "twice": api.StepEvent{}, "a pointer": &sameNameEvent{}, "the unknown": api.UnknownEvent{Name: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it was accepted")
				}
			}()
			api.RegisterEvent(e)
		})
	}
}
