package workers

import (
	"log/slog"
	"strconv"

	variables "github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/internal/rest"
)

// environment is what a worker's process learns from its launcher or its user.
type environment struct {
	host      string
	port      string
	folder    string   // of the training data; empty for the default
	lifeline  bool     // standard input closes when the launcher ends
	versioned bool     // the launcher accepts a handshake with a version
	identity  string   // file with what the worker is known by, or "stdin"; empty: it answers whoever calls
	hosts     []string // further names that the worker is called by
	peers     string   // host of another worker, with a placeholder for its name; empty: its name
	limits    rest.Limits
	level     slog.Level
	format    logs.Format
}

func readEnvironment(get func(string) string) (environment, error) {
	w, err := variables.ReadWorker(get)
	return environment{
		host: w.Host, port: strconv.Itoa(w.Port), folder: w.Data, lifeline: w.Lifeline, versioned: w.Handshake, hosts: w.AllowedHosts, peers: w.Peers,
		identity: w.Identity,
		limits:   rest.Limits{MaxBody: w.MaxBody, BodyTimeout: w.BodyTimeout, Memory: w.MaxMemory, WriteTimeout: w.WriteTimeout}, level: w.Level, format: w.Format,
	}, err
}
