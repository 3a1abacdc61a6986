// Package environment names and reads the environment variables by which
// the nodes of a project and the programs that start them communicate: [ReadWorker] for a
// worker, [ReadMaster] for the program that runs a master. Both ends of a
// variable use the same name and the same rules from here. The variables that
// are settings of chimera.yaml belong to package config.
//
// It imports internal/logs and the standard library only, so that a worker's
// executable stays small.
package environment

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/gochimera/chimera/internal/logs"
)

// Variables that a launcher sets for a worker that it starts.
const (
	WorkersHost         = "CHIMERA_WORKERS_HOST"          // address to listen on
	WorkersPort         = "CHIMERA_WORKERS_PORT"          // port to listen on; 0 is any free one
	TrainData           = "CHIMERA_TRAIN_DATA"            // folder with the worker's training data
	WorkersLifeline     = "CHIMERA_LIFELINE"              // "stdin": end when standard input does
	WorkersProtocol     = "CHIMERA_WORKERS_PROTOCOL"      // version of the handshake that the launcher understands
	WorkersMaxBody      = "CHIMERA_WORKERS_MAX_BODY"      // largest request body in bytes
	WorkersBodyTimeout  = "CHIMERA_WORKERS_BODY_TIMEOUT"  // longest time for reading a body
	WorkersMaxMemory    = "CHIMERA_WORKERS_MAX_MEMORY"    // bytes that the bodies of all requests may take together
	WorkersWriteTimeout = "CHIMERA_WORKERS_WRITE_TIMEOUT" // how long a caller may take nothing of an answer
	WorkersIdentity     = "CHIMERA_WORKERS_IDENTITY"      // file with what the worker is known by, or "stdin": its first line
	WorkersAllowedHosts = "CHIMERA_WORKERS_ALLOWED_HOSTS" // JSON list: further names that the worker is called by
	WorkersPeers        = "CHIMERA_WORKERS_PEERS"         // host at which it finds another worker, with PeerName in place of the name
)

// Variables that the command line sets for a project's program that it starts.
const (
	Project            = "CHIMERA_PROJECT"              // the project's folder
	Launcher           = "CHIMERA_LAUNCHER"             // what starts the workers
	MasterHost         = "CHIMERA_MASTER_HOST"          // address that the master listens on
	MasterPort         = "CHIMERA_MASTER_PORT"          // port that the master listens on; 0 is any free one
	MasterAllowedHosts = "CHIMERA_MASTER_ALLOWED_HOSTS" // JSON list: further names that a program that serves a model is called by
	Announce           = "CHIMERA_ANNOUNCE"             // "no": leave no address for the command line in the project's folder
	Anew               = "CHIMERA_ANEW"                 // "yes": do not go on with a fit that was interrupted
	OnReady            = "CHIMERA_ON_READY"             // "no": only serve, without what the program itself does once it is ready
	ProgramLifeline    = "CHIMERA_PROGRAM_LIFELINE"     // number of an open file: end when that does
	ProgramHandshake   = "CHIMERA_PROGRAM_HANDSHAKE"    // number of an open file: report there how the start goes
)

// Variables of clients, and of masters that clients have to show something to. The others of masters are settings of chimera.yaml.
const (
	Token       = "CHIMERA_TOKEN"       // a client's token
	TokenFile   = "CHIMERA_TOKEN_FILE"  // file with a client's token
	Certificate = "CHIMERA_CERTIFICATE" // file with the certificate that a client shows, and its key
	CA          = "CHIMERA_CA"          // file with certificates by which a client knows a master
	Tokens      = "CHIMERA_TOKENS"      // lines of tokens that a master takes, or several in one with semicolons between them
)

// Secrets are the variables whose values no program needs to know that is started by one that has them.
var Secrets = []string{Token, Tokens}

// Log is how much a node logs: debug, info, warn or error.
const Log = "CHIMERA_LOG"

// LogFormat is the form of a node's log: text or json.
const LogFormat = "CHIMERA_LOG_FORMAT"

// Stdin is the value of WorkersLifeline and WorkersIdentity that means standard input.
const Stdin = "stdin"

// PeerName stands for a worker's name in the value of WorkersPeers.
const PeerName = "{worker}"

// Worker is what the environment says to a worker's process.
type Worker struct {
	Host         string   // to listen on; 127.0.0.1 by default
	Port         int      // to listen on; 0, the default, is any free one
	Data         string   // folder of the training data; empty for the usual place
	Lifeline     bool     // standard input ends when the launcher does
	Handshake    bool     // the launcher understands a handshake with a version
	AllowedHosts []string // further names that the worker is called by
	Peers        string   // host at which it finds another worker, with PeerName in place of the name; empty: the name itself
	Identity     string   // file with what the worker is known by, or Stdin; empty: it knows nobody
	Level        slog.Level
	Format       logs.Format

	// 0 if they are not given
	MaxBody      int64 // largest request body in bytes
	BodyTimeout  time.Duration
	MaxMemory    int64 // bytes that the bodies of all requests may take together
	WriteTimeout time.Duration
}

// ReadWorker reads a worker's variables. An empty variable is not set. An
// error names the variable and what it wants.
func ReadWorker(get func(string) string) (Worker, error) {
	w := Worker{
		Host: "127.0.0.1", Data: get(TrainData), Lifeline: get(WorkersLifeline) == Stdin, Handshake: get(WorkersProtocol) != "",
		Identity: get(WorkersIdentity),
	}
	if host := get(WorkersHost); host != "" {
		w.Host = host
	}
	var err error
	if w.Port, err = port(get, WorkersPort, 0); err != nil {
		return w, err
	}
	if w.MaxBody, err = size(get, WorkersMaxBody); err != nil {
		return w, err
	}
	if w.MaxMemory, err = size(get, WorkersMaxMemory); err != nil {
		return w, err
	}
	if w.BodyTimeout, err = duration(get, WorkersBodyTimeout); err != nil {
		return w, err
	}
	if w.WriteTimeout, err = duration(get, WorkersWriteTimeout); err != nil {
		return w, err
	}
	if text := get(WorkersAllowedHosts); text != "" {
		if err := json.Unmarshal([]byte(text), &w.AllowedHosts); err != nil {
			return w, fmt.Errorf(`%s: want a JSON list of names such as ["gpu1.example.org"], got %q`, WorkersAllowedHosts, text)
		}
	}
	if w.Peers = get(WorkersPeers); w.Peers != "" && !strings.Contains(w.Peers, PeerName) {
		return w, fmt.Errorf("%s: want a host with %s in place of a worker's name, got %q", WorkersPeers, PeerName, w.Peers)
	}
	if w.Format, err = format(get); err != nil {
		return w, err
	}
	w.Level, err = level(get)
	return w, err
}

// size reads a number of bytes; 0 if it is not given.
func size(get func(string) string, variable string) (int64, error) {
	text := get(variable)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%s: want a positive number of bytes, got %q", variable, text)
	}
	return n, nil
}

// duration reads a length of time; 0 if it is not given.
func duration(get func(string) string, variable string) (time.Duration, error) {
	text := get(variable)
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s: want a positive duration such as 60s, got %q", variable, text)
	}
	return d, nil
}

// Master is what the environment says to a program that runs a master.
type Master struct {
	Host   string // to listen on; what the program says by default
	Port   int    // to listen on; likewise
	Hidden bool   // no address is to be left in the project's folder
	Only   bool   // serve only, without what the program itself does once it is ready
	Anew   bool   // do not go on with a fit that was interrupted
	Level  slog.Level
	Format logs.Format
}

// ReadMaster reads a program's variables, which take precedence over the host and the
// port that the program itself names.
func ReadMaster(get func(string) string, host string, defaultPort int) (Master, error) {
	m := Master{Host: host, Hidden: get(Announce) == "no", Only: get(OnReady) == "no", Anew: get(Anew) == "yes"}
	if h := get(MasterHost); h != "" {
		m.Host = h
	}
	var err error
	if m.Port, err = port(get, MasterPort, defaultPort); err != nil {
		return m, err
	}
	if m.Format, err = format(get); err != nil {
		return m, err
	}
	m.Level, err = level(get)
	return m, err
}

// port reads a port; 0 is any free one.
func port(get func(string) string, variable string, otherwise int) (int, error) {
	text := get(variable)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 65535 {
		return 0, fmt.Errorf("%s: want a port from 0 to 65535, got %q", variable, text)
	}
	return n, nil
}

func format(get func(string) string) (logs.Format, error) {
	f, err := logs.ParseFormat(get(LogFormat))
	if err != nil {
		return f, fmt.Errorf("%s: %w", LogFormat, err)
	}
	return f, nil
}

func level(get func(string) string) (l slog.Level, err error) {
	text := get(Log)
	if text == "" {
		return l, nil
	}
	if err := l.UnmarshalText([]byte(text)); err != nil {
		return l, fmt.Errorf("%s: want debug, info, warn or error, got %q", Log, text)
	}
	return l, nil
}
