package launcher

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/environment"
)

// The environment of a worker that a launcher starts.
const (
	EnvHost      = environment.WorkersHost     // address to listen on
	EnvPort      = environment.WorkersPort     // port to listen on; 0 is any free one
	EnvTrainData = environment.TrainData       // absolute path of the folder with the worker's training data
	EnvLifeline  = environment.WorkersLifeline // "stdin": end when standard input does
	EnvProtocol  = environment.WorkersProtocol // version of the handshake that the launcher understands
	EnvIdentity  = environment.WorkersIdentity // absolute path of the file with the worker's secret, or IdentityFromStdin
)

// IdentityFromStdin is the value of EnvIdentity of a worker that reads its secret as the first line of its standard input.
const IdentityFromStdin = environment.Stdin

// HandshakePrefix begins the one line by which a worker reports, on standard
// output, that it listens; its URL follows, and the version of the handshake if
// the launcher gave one.
const HandshakePrefix = api.Announcement

// Launcher brings workers up.
type Launcher interface {
	// Name is the launcher's name in chimera.yaml.
	Name() string

	// Launch returns when every worker is ready, or an error with nothing left
	// behind: no process, goroutine or listener. ctx bounds the launch only; the
	// fleet lives on until Stop. A cancelled launch returns an error that wraps
	// ctx's. Launches of one project at the same time do not disturb each other.
	//
	// A plan that cannot work is a *PlanError before anything starts. A worker
	// made from another configuration is refused with a *ConfigHashError.
	Launch(ctx context.Context, p Plan) (Fleet, error)
}

// Fleet is a set of workers that a launcher brought up. Its methods are safe
// for use by several goroutines.
type Fleet interface {
	// Endpoints lists the workers in the plan's order. The caller may keep and
	// change the slice.
	Endpoints() []Endpoint

	// Exits delivers every end of a worker that nobody asked for; a worker that is
	// restarted is delivered each time that it ends. Exits never blocks a launcher,
	// need not be read, and is closed when Stop is done.
	Exits() <-chan Exit

	// Stop ends every worker, all at the same time: it asks first, and forces
	// those that have not ended after the plan's StopGrace, or as soon as ctx
	// ends. When it returns nothing is left and the logs are complete. The error
	// names workers that had to be forced; they have ended nevertheless. Stop may be
	// called again, and at the same time: every call waits and returns the
	// same error.
	Stop(ctx context.Context) error
}

// Scaler is a fleet of which single workers can be ended while the others work, and started again. Those that FleetBase makes are, if their
// launcher says how.
type Scaler interface {
	// Scales reports whether it can.
	Scales() bool

	// End ends a worker as Stop does, and leaves it alone: it is not started again, and Exits does not deliver it. It returns when nothing of
	// the worker runs any more; the error says that it had to be forced, or could not be ended.
	End(ctx context.Context, worker string) error

	// Start starts a worker that End has ended, at its URL, with the checks of a launch. It returns when the worker is ready. After an error
	// it has ended.
	Start(ctx context.Context, worker string) error
}

// Plan says which workers to launch and how. A launcher leaves alone what does not concern it.
type Plan struct {
	Project string   // names what outlives the launch (containers, networks)
	Dir     string   // the project's folder
	Workers []Worker // at least one
	Network Network  // for launchers that make one
	Restart Restart  // for launchers that can start a worker again
	Version string   // of Chimera, for launchers that label what they make

	// Identity is what the workers and their master know each other by; nil if they do not. A launcher whose
	// Traits name no Security gets none.
	Identity Identity

	LogDir  string       // folder for <worker>.log files, appended to, each line after the time; relative to Dir; empty: none are kept
	Output  io.Writer    // where workers' log lines go, each after "<worker> | "; nil: nowhere
	JSON    bool         // Output and the files get objects of JSON: workers' lines as they are if they are that, or else made into one
	Level   slog.Level   // of the logs of workers that run in this process
	Log     *slog.Logger // the launcher's own warnings; nil: nowhere
	Observe func(Event)  // called with each event, one at a time; it must not block; may be nil

	ReadyTimeout time.Duration // from a worker's start to ready; 0 is DefaultReadyTimeout
	StopGrace    time.Duration // from being asked to end to being forced; 0 is DefaultStopGrace
	WriteTimeout time.Duration // for launchers that serve workers themselves: how long a caller may take nothing of an answer; 0 is 30 s
}

// What a zero duration in a Plan means.
const (
	DefaultReadyTimeout = 2 * time.Minute
	DefaultStopGrace    = 5 * time.Second
)

// Identity issues what a worker's program needs to know its master and the project's other workers, and to be
// known by them.
type Identity interface {
	// Scheme is that of the workers' URLs: http or https.
	Scheme() string

	// Issue makes a secret for a worker, a new one at each call: one line, which the worker's program reads from the file that the
	// variable EnvIdentity names, or from its standard input if the variable is IdentityFromStdin. It belongs nowhere
	// else: not on a command line, in an image, in a variable or in a log.
	Issue(worker string) ([]byte, error)

	// Transport calls the worker as its master. Plan.Await does that by itself.
	Transport(worker string) http.RoundTripper
}

// Worker is one worker of a plan.
type Worker struct {
	Name string // letters, digits, '.', '_' and '-'; names must differ in more than case
	Main string // folder of its generated main package, relative to Plan.Dir (chimera_workers/tree1)
	Data string // folder with its training data, relative to Plan.Dir or absolute; empty: none
	URL  string // where it runs already; for External, which needs nothing else

	About string // what it is, in a word for people, such as its learner; may be empty

	Host      string   // address to listen on; empty is 127.0.0.1
	Port      int      // port to listen on; 0 is any free one
	CPUShares int      // relative share of the processor, for launchers that support it; 0 is their default
	CPUs      float64  // processors it may use at most, for launchers that can limit; 0 is no limit
	Memory    int64    // bytes it may use at most, for launchers that can limit; 0 is no limit
	Cgo       bool     // its main must be built with cgo
	Placement []string // what a node must be to run it, for launchers that place workers; as Docker Swarm writes it (node.labels.disk==ssd)
	Env       []string // further environment, each "KEY=value"

	Hash string // of the configuration its main must have been generated from; empty: any

	Secret []byte // for a Factory: what the plan's Identity has issued for the worker; nil if it has none
}

// Network is the network a launcher may make for the workers.
type Network struct {
	Name   string // empty: one made of the project's name
	Prefix string // the network's address without its last part ("192.168.10"); empty: the next that is free
	Bits   int    // length of the subnet mask; 0 is 24
	Port   int    // that every worker listens on inside the network; 0 is 80
}

// Restart says what happens when a worker ends by itself.
type Restart string

// The ways to restart.
const (
	RestartNever     Restart = "no"
	RestartOnFailure Restart = "on-failure" // if its exit status is not 0; also the meaning of ""
	RestartAlways    Restart = "always"
)

// Endpoint is where a worker is reached.
type Endpoint struct {
	Name string
	URL  string // without a slash at the end
	Peer string // URL by which the other workers of the fleet reach it: as URL, unless the workers have a network of their own
	PID  int    // of its process now; 0 if it has none of its own here, or has ended

	Foreign bool  // External: it answers, but has no health endpoint (a worker of the Python package)
	Down    error // External: why it could not be reached at the launch; nil if it could

	// Within, of a worker in this program, is the handler that answers what is sent to URL, so that this program need not send it; and the
	// context that ends when the worker cuts requests that are under way. The handler is nil while the worker does not serve. Within is nil
	// for other workers, and where connections show who calls.
	Within interface {
		Enter() (handler http.Handler, life context.Context)
	}
}

// Exit describes how a worker ended.
type Exit struct {
	Worker    string
	Code      int    // exit status; -1 if a signal ended it or it was no process
	Signal    string // that ended it, if one did
	LastWords string // the end of its log, at most 20 lines
}

// String is a sentence, with the last words below it.
func (e Exit) String() string {
	return "worker " + e.Worker + " " + e.how() + lastWords(e.LastWords)
}

func (e Exit) how() string {
	switch {
	case e.Signal != "":
		return fmt.Sprintf("was ended by a signal (%s)", e.Signal)
	case e.Code < 0:
		return "ended"
	default:
		return fmt.Sprintf("ended with exit status %d", e.Code)
	}
}

func lastWords(words string) string {
	if words == "" {
		return " and said nothing"
	}
	return "; its last words:\n  " + strings.ReplaceAll(words, "\n", "\n  ")
}
