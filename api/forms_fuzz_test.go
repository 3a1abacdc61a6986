package api_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"runtime"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

// again decodes what v's JSON says into a new value of its type, which must be equal.
func again(t *testing.T, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if notFinite := (*wire.NotFiniteError)(nil); errors.As(err, &notFinite) {
		return // it can be read, so that who sent it can be named
	}
	if err != nil {
		t.Fatalf("what was read cannot be written: %v", err)
	}
	back := reflect.New(reflect.TypeOf(v))
	if err := json.Unmarshal(text, back.Interface()); err != nil {
		t.Fatalf("what was written cannot be read: %s: %v", text, err)
	}
	second, err := json.Marshal(back.Elem().Interface())
	if err != nil || string(second) != string(text) {
		t.Errorf("%s came back as %s, %v", text, second, err)
	}
}

// Every form of an answer that is read by itself comes back as it went, and costs memory in
// proportion to its text.
func FuzzAnswers(f *testing.F) {
	for _, s := range []string{
		`[1, 2.5, -3e300]`, `["1", " 2 "]`, `["a", "b"]`, `["a", 1]`, `[[0.5, 0.5], [1, 0]]`, `[[1], [1, 2]]`, `[[], []]`, `[]`, `null`, `[null]`,
		`[true, false]`, `[1e400]`, `[9007199254740993]`, `"x"`, `{"y": 1}`, `[[["a"]]]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var before, after runtime.MemStats
		if len(text) < 64 { // reading the statistics stops the world
			runtime.ReadMemStats(&before)
		}
		for _, v := range []any{new(api.Floats), new(api.YRows), new(api.ProbaRows), new(api.Labels), new(learner.Label)} {
			if err := json.Unmarshal(text, v); err == nil {
				again(t, reflect.ValueOf(v).Elem().Interface())
			} else if err.Error() == "" {
				t.Errorf("%T: an error without words", v)
			}
		}
		if len(text) < 64 {
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
				t.Errorf("%d bytes allocated for %d", used, len(text))
			}
		}
	})
}

// An event of any name is one of its kind, or an unknown one that keeps what was sent.
func FuzzDecodeEvent(f *testing.F) {
	for _, e := range api.Events() {
		text, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e.Kind(), text)
	}
	f.Add("of_tomorrow", []byte(`{"a":[1]}`))
	f.Add("step", []byte(`{"step":"x"}`))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		e, err := api.DecodeEvent(name, text)
		if err != nil {
			if e != nil {
				t.Errorf("an event and an error: %v", err)
			}
			return
		}
		unknown, is := e.(api.UnknownEvent)
		if e.Kind() != name || is && string(unknown.Data) != string(text) {
			t.Errorf("%s %s became %#v", name, text, e)
		}
		if !is {
			again(t, e)
		}
	})
}

// An answer that is no success is a problem with words, whatever its body is.
func FuzzProblem(f *testing.F) {
	f.Add([]byte(`{"status":409,"code":"not_fitted","detail":"Fit first.","errors":[{"location":"body.x","value":[1,{"a":null}]}]}`))
	f.Add([]byte(`{"message":"m","details":{"error_code":500,"error_type":"Server error","error_message":"x"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var p api.Problem
		if err := json.Unmarshal(text, &p); err != nil {
			return
		}
		_ = p.Error()
		var same *api.Problem
		if !errors.As(error(&p), &same) {
			t.Error("a problem is no problem")
		}
		again(t, p)
	})
}
