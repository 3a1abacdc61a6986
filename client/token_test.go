package client_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/client"
)

// Every call of a client shows its token, whatever the way that it takes; a file is read again when it has changed.
func TestClientsShowTheirTokens(t *testing.T) {
	var shown []string
	master := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown = append(shown, strings.Join(r.Header.Values("Authorization"), "; "))
		_, _ = w.Write([]byte(`{"master":"aggregation"}`))
	}))
	defer master.Close()
	file := filepath.Join(t.TempDir(), "token")
	put := func(text string, age time.Duration) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age) // as if it had been written then
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	put("a-token-of-sixteen\n", time.Hour)
	for _, tt := range []struct {
		opt  client.Option
		want [2]string
	}{
		{client.WithToken("another-of-sixteen"), [2]string{"Bearer another-of-sixteen", "Bearer another-of-sixteen"}},
		{client.WithTokenFile(file), [2]string{"Bearer a-token-of-sixteen", "Bearer b-token-of-sixteen"}},
		{func(*client.Client) error { return nil }, [2]string{"", ""}},
	} {
		put("a-token-of-sixteen\n", time.Hour)
		c, err := client.New(master.URL, tt.opt)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range []string{"a-token-of-sixteen\n", "  b-token-of-sixteen"} {
			put(text, time.Hour-time.Duration(i)*time.Minute)
			shown = nil
			_, _ = c.WithThreshold(0.5).Status(t.Context())
			_ = c.Events(t.Context(), func(client.Event) bool { return false })
			_, _, _ = c.ImportModel(t.Context(), strings.NewReader("x"), 1)
			if len(shown) != 3 || shown[0] != tt.want[i] || shown[1] != tt.want[i] || shown[2] != tt.want[i] {
				t.Errorf("shown are %q, want %q each time", shown, tt.want[i])
			}
		}
		put("short", 0)
		shown = nil
		if _, _ = c.Status(t.Context()); shown[0] != tt.want[1] {
			t.Errorf("with a file that is wrong, %q is shown, want what was: %q", shown[0], tt.want[1])
		}
		c.Close()
	}
	for name, opt := range map[string]client.Option{
		"one that is too short": client.WithToken("short"), "one with a line's end": client.WithToken("a-token-of-sixteen\r\nX: y"),
		"a file that is not there": client.WithTokenFile(file + ".none"), "a file with another text": client.WithTokenFile(file),
	} {
		if _, err := client.New(master.URL, opt); err == nil || strings.Contains(err.Error(), "X: y") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
