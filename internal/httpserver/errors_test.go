package httpserver_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/internal/httpserver"
)

// Connections that are refused fill no log; what else a server says is said.
func TestRefusedConnectionsAreSaidSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		said := httpserver.New(nil, slog.New(slog.NewTextHandler(&out, nil))).ErrorLog
		for range 1000 {
			said.Print("http: TLS handshake error from 10.0.0.1:4711: EOF")
		}
		said.Print("http: Accept error: too many open files")
		said.Print("http: Accept error: too many open files")
		time.Sleep(time.Minute)
		said.Print("http: TLS handshake error from 10.0.0.1:4712: EOF")
		text := out.String()
		if n := strings.Count(text, "handshake"); n != 2 || !strings.Contains(text, "others_since_the_last=999") || strings.Count(text, "Accept error") != 2 {
			t.Errorf("%d refusals in the log:\n%s", n, text)
		}
	})
}
