package workers

import (
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/gochimera/chimera/internal/rest"
)

// environment is what a worker's process is told by its launcher or its user.
type environment struct {
	host     string
	port     string
	folder   string // of the training data; empty for the usual place
	lifeline bool   // standard input closes when the launcher ends
	limits   rest.ReadLimits
	level    slog.Level
}

func readEnvironment(get func(string) string) (environment, error) {
	e := environment{host: "127.0.0.1", port: "0", folder: get("CHIMERA_TRAIN_DATA"), lifeline: get("CHIMERA_LIFELINE") == "stdin"}
	if h := get("CHIMERA_WORKERS_HOST"); h != "" {
		e.host = h
	}
	if p := get("CHIMERA_WORKERS_PORT"); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 0 || n > 65535 {
			return e, fmt.Errorf("CHIMERA_WORKERS_PORT: want a port from 0 to 65535, got %q", p)
		}
		e.port = p
	}
	if b := get("CHIMERA_WORKERS_MAX_BODY"); b != "" {
		n, err := strconv.ParseInt(b, 10, 64)
		if err != nil || n <= 0 {
			return e, fmt.Errorf("CHIMERA_WORKERS_MAX_BODY: want a positive number of bytes, got %q", b)
		}
		e.limits.MaxBody = n
	}
	if d := get("CHIMERA_WORKERS_BODY_TIMEOUT"); d != "" {
		t, err := time.ParseDuration(d)
		if err != nil || t <= 0 {
			return e, fmt.Errorf("CHIMERA_WORKERS_BODY_TIMEOUT: want a positive duration such as 60s, got %q", d)
		}
		e.limits.BodyTimeout = t
	}
	if l := get("CHIMERA_LOG"); l != "" {
		if err := e.level.UnmarshalText([]byte(l)); err != nil {
			return e, fmt.Errorf("CHIMERA_LOG: want debug, info, warn or error, got %q", l)
		}
	}
	return e, nil
}
