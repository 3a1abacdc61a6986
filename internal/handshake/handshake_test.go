package handshake

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnnouncement(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		url        string
		ok         bool
		version    string // that is refused
	}{
		{"an old worker", Announcement("http://127.0.0.1:80", false), "http://127.0.0.1:80", true, ""},
		{"a worker of this version", Announcement("http://127.0.0.1:80", true), "http://127.0.0.1:80", true, ""},
		{"a newer minor version", "CHIMERA-WORKER-LISTENING http://h:80 protocol=1.7 more=x", "http://h:80", true, ""},
		{"a newer major version", "CHIMERA-WORKER-LISTENING http://h:80 protocol=2.0", "http://h:80", true, "2.0"},
		{"no version", "CHIMERA-WORKER-LISTENING http://h:80 protocol=new", "http://h:80", true, "new"},
		{"no announcement", "loading", "", false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url, ok, err := ParseAnnouncement(tt.line)
			if url != tt.url || ok != tt.ok {
				t.Errorf("%q, %v; want %q, %v", url, ok, tt.url, tt.ok)
			}
			var refused *VersionError
			if errors.As(err, &refused) != (tt.version != "") || refused != nil && refused.Got != tt.version {
				t.Errorf("error %v, want that version %q is refused", err, tt.version)
			}
		})
	}
	if line := Announcement("http://h:80", false); line != "CHIMERA-WORKER-LISTENING http://h:80" {
		t.Errorf("a launcher from before versions would not understand %q", line)
	}
}

func TestRefusal(t *testing.T) {
	const reason = "y.csv:3:1: \"a\"\nand more é"
	line := Refusal(reason)
	if got, ok := ParseRefusal(line); !ok || got != reason || strings.Contains(line, "\n") {
		t.Errorf("%q came as %q, %t", line, got, ok)
	}
	for _, other := range []string{"", reason, refusal, refusal + "no JSON", Announcement("http://h:80", true)} {
		if got, ok := ParseRefusal(other); ok {
			t.Errorf("%q is a refusal because of %q", other, got)
		}
	}
}

func TestMessages(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []Message
		says       string
	}{
		{"a good start", `{"protocol":"1.0","event":"listening","url":"http://h:1"}` + "\n" + `{"protocol":"1.3","event":"later"}`,
			[]Message{{Protocol: "1.0", Event: Listening, URL: "http://h:1"}, {Protocol: "1.3", Event: "later"}}, ""},
		{"nothing", "", nil, ""},
		{"a newer major version", `{"protocol":"2.0","event":"ready"}` + "\n", nil, "version 2.0, and this program reads versions up to 1: update Chimera"},
		{"no JSON", "hello\n", nil, "cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []Message
			err := read(strings.NewReader(tt.text), func(m Message) { got = append(got, m) })
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("messages (-want +got):\n%s", d)
			}
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want %q", err, tt.says)
			}
		})
	}
}

// part makes the test binary the program of a test.
const part = "HANDSHAKE_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(part) != "" {
		r, err := NewReporter()
		if err != nil {
			os.Exit(2)
		}
		r.Listening("http://localhost:4711", "a token", "a certificate")
		r.Ready()
		r.Failed(PortInUse, "port 80 is in use")
		r.Close()
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// What a program reports arrives, and one that nobody listens to can report as well.
func TestReporter(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), part+"=1")
	l, err := Attach(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.Started()
	var got []Message
	if err := l.Messages(func(m Message) { got = append(got, m) }); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // it ends with status 1
	want := []Message{
		{Protocol: Version, Event: Listening, URL: "http://localhost:4711", Token: "a token", Certificate: "a certificate"}, {Protocol: Version, Event: Ready},
		{Protocol: Version, Event: Failed, Reason: PortInUse, Message: "port 80 is in use"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("messages (-want +got):\n%s", d)
	}
	alone, err := NewReporter()
	if alone != nil || err != nil {
		t.Errorf("without a starter: %v, %v", alone, err)
	}
	alone.Ready()
	alone.Close()
}
