package handshake

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"
)

// What a program or a worker reports is read as it was sent; any other line is an error or no report.
func FuzzMessages(f *testing.F) {
	f.Add("http://127.0.0.1:1", "why", []byte(`{"protocol":"1.0","event":"ready"}`))
	f.Add("", "\n", []byte("{}\n\n"))
	f.Add(" u protocol=9.0", "é", []byte(`{"protocol":"99.0"}`))
	f.Fuzz(func(t *testing.T, url, reason string, stream []byte) {
		var version *VersionError
		if err := read(bytes.NewReader(stream), func(m Message) {
			if check(m.Protocol) != nil {
				t.Errorf("handed on in spite of its version: %+v", m)
			}
		}); err != nil && !errors.As(err, &version) && err.Error() == "" {
			t.Error("an error without words")
		}
		sent := Message{Protocol: Version, Event: Failed, URL: url, Reason: Reason(reason), Message: reason}
		line, err := json.Marshal(sent)
		if err != nil {
			t.Fatal(err)
		}
		var got []Message
		if err := read(bytes.NewReader(line), func(m Message) { got = append(got, m) }); err != nil || len(got) != 1 {
			t.Fatalf("%d messages, %v", len(got), err)
		}
		if utf8.ValidString(url) && utf8.ValidString(reason) && got[0] != sent {
			t.Errorf("%+v came as %+v", sent, got[0])
		}
		if _, ok, err := ParseAnnouncement(url); !ok && err != nil {
			t.Errorf("%q is no announcement, and an error: %v", url, err)
		}
		for _, versioned := range []bool{false, true} {
			back, ok, err := ParseAnnouncement(Announcement("http://127.0.0.1:80", versioned))
			if !ok || err != nil || back != "http://127.0.0.1:80" {
				t.Errorf("%q %v %v", back, ok, err)
			}
		}
	})
}
