package models_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"

	"github.com/gochimera/chimera/models"
)

// sealed is a body with the right checksum behind it, so that the fuzzer comes past that.
func sealed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(bytes.Clone(body), ",\n  \"sha256\": \""+hex.EncodeToString(sum[:])+"\"\n}\n"...)
}

// A manifest is read or refused, whatever is in it; what is read comes back when it is written.
func FuzzManifest(f *testing.F) {
	_, m := small(f)
	whole := m.objects["fit-1/manifest.json"]
	f.Add(whole[:len(whole)-82], true)
	f.Add(whole, false)
	f.Add([]byte("{\n  \"format\": 2"), true)
	f.Add([]byte("{\n  \"format\": 1,\n  \"id\": \"a\",\n  \"master\": \"x\",\n  \"created\": \"2026-01-01T00:00:00Z\",\n"+
		"  \"model\": {\"task\": \"regression\", \"features\": [\"a\"]}"), true)
	f.Fuzz(func(t *testing.T, text []byte, seal bool) {
		if seal {
			text = sealed(text)
		}
		m, err := models.DecodeManifest(text)
		if err != nil {
			return
		}
		again, err := m.Encode()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		back, err := models.DecodeManifest(again)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		third, err := back.Encode()
		if err != nil || !bytes.Equal(again, third) {
			t.Errorf("written again it differs: %v\n%s\n%s", err, again, third)
		}
	})
}

// A store whose files have any content is read, or says which file is damaged.
func FuzzStore(f *testing.F) {
	_, m := small(f)
	for name, text := range m.objects {
		f.Add(name, text[:max(0, len(text)-82)], true)
		f.Add(name, text, false)
	}
	f.Fuzz(func(t *testing.T, name string, text []byte, seal bool) {
		s, m := small(t)
		if seal {
			text = sealed(text)
		}
		if _, ok := m.objects[name]; !ok {
			return
		}
		before, err := everything(t, s)
		if err != nil {
			t.Fatal(err)
		}
		m.objects[name] = text
		got, err := everything(t, s)
		var damaged *models.DamagedError
		switch {
		case errors.As(err, &damaged) && damaged.File == m.Locate(name):
		case err != nil:
			t.Errorf("%v", err)
		case !seal && !reflect.DeepEqual(got.parts, before.parts):
			t.Error("another part was taken for the model's")
		}
	})
}
