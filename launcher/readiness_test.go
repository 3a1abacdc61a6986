package launcher

import (
	"testing"

	"github.com/gochimera/chimera/launcher/internal/workerlog"
)

func TestHandshake(t *testing.T) {
	tests := []struct {
		name, line string
		url        string
		ok, fails  bool
	}{
		{name: "the worker's address", line: "CHIMERA-WORKER-LISTENING http://127.0.0.1:34567", url: "http://127.0.0.1:34567", ok: true},
		{name: "blanks around it", line: "CHIMERA-WORKER-LISTENING  http://127.0.0.1:34567 ", url: "http://127.0.0.1:34567", ok: true},
		{name: "all interfaces", line: "CHIMERA-WORKER-LISTENING http://0.0.0.0:34567", url: "http://127.0.0.1:34567", ok: true},
		{name: "all interfaces, version 6", line: "CHIMERA-WORKER-LISTENING http://[::]:34567", url: "http://[::1]:34567", ok: true},
		{name: "a line of the log", line: "level=INFO msg=serving"},
		{name: "a line that quotes it", line: "printed CHIMERA-WORKER-LISTENING http://127.0.0.1:1"},
		{name: "nothing behind it", line: "CHIMERA-WORKER-LISTENING ", ok: true, fails: true},
		{name: "no URL behind it", line: "CHIMERA-WORKER-LISTENING soon", ok: true, fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var url string
			var ok bool
			var err error
			log := workerlog.Open("tree1", "", workerlog.NewTerminal(nil, ""), nil)
			_, _ = log.Output(func(text string, bad error) { // it never fails
				ok = true
				url, err = announced(text, bad)
			}, nil).Write([]byte(tt.line + "\n"))
			if url != tt.url || ok != tt.ok || (err != nil) != tt.fails {
				t.Errorf("handshake = %q, %v, %v; want %q, %v, an error: %v", url, ok, err, tt.url, tt.ok, tt.fails)
			}
		})
	}
}
