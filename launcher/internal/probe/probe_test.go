package probe

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/gochimera/chimera/api"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T, code int, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestHealth(t *testing.T) {
	tests := []struct {
		name    string
		code    int
		body    string
		want    api.Health
		refused bool
		says    string
	}{
		{name: "a worker", code: 200, body: `{"status":"ok","node":"tree1","config_hash":"abc","more":1}`,
			want: api.Health{Status: "ok", Node: "tree1", ConfigHash: "abc"}},
		{name: "no worker", code: 200, body: "<html>hello</html>", refused: true, says: "not a worker's health: <html>hello</html>"},
		{name: "empty answer", code: 200, body: "", refused: true, says: "not a worker's health"},
		{name: "some other JSON", code: 200, body: `{"hello":1}`, refused: true, says: "not a worker's health"},
		{name: "not found", code: 404, body: `{"detail":"Not Found"}`, refused: true, says: "404 Not Found"},
		{name: "not yet", code: 503, body: "", says: "503 Service Unavailable"},
		{name: "a long answer is cut", code: 500, body: strings.Repeat("no ", 1000), says: "no ..."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := New()
			defer p.Close()
			got, err := p.Health(t.Context(), serve(t, tt.code, tt.body))
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if (err != nil) != (tt.says != "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want %q", err, tt.says)
			}
			if err != nil && len(err.Error()) > 400 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
			if Refused(err) != tt.refused {
				t.Errorf("Refused = %v, want %v", Refused(err), tt.refused)
			}
		})
	}
}

func TestReady(t *testing.T) {
	p := New()
	defer p.Close()
	if err := p.Ready(t.Context(), serve(t, 200, "")); err != nil {
		t.Error(err)
	}
	var status *StatusError
	if err := p.Ready(t.Context(), serve(t, 503, "loading")); !errors.As(err, &status) || status.Code != 503 || status.Body != "loading" {
		t.Errorf("error %v, want a StatusError with 503 and the body", err)
	}
	if err := p.Ready(t.Context(), "http://127.0.0.1:1"); err == nil || errors.As(err, &status) && status.Code == 0 {
		t.Errorf("error %v, want a refused connection", err)
	}
}

func TestUntil(t *testing.T) {
	notYet := errors.New("not yet")
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		start := time.Now()
		err := Until(t.Context(), func(context.Context) error {
			if tries++; tries < 10 {
				return notYet
			}
			return nil
		})
		// Pauses 1, 2, 4 ... 64 ms, then 100 ms twice.
		if want := 327 * time.Millisecond; err != nil || tries != 10 || time.Since(start) != want {
			t.Errorf("error %v after %d tries and %v, want none after 10 tries and %v", err, tries, time.Since(start), want)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = Until(ctx, func(context.Context) error { return notYet })
		var wait *WaitError
		if !errors.As(err, &wait) || !errors.Is(wait.Last, notYet) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the deadline and the last try", err)
		}

		tries = 0
		err = Until(t.Context(), func(context.Context) error { tries++; return &StatusError{Code: 404} })
		if tries != 1 || !Refused(err) {
			t.Errorf("error %v after %d tries, want a refusal after one", err, tries)
		}
	})
}
