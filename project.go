package chimera

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/gen"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/internal/logs"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/launcher"
	_ "github.com/gochimera/chimera/launcher/docker" // registers itself
	_ "github.com/gochimera/chimera/launcher/swarm"  // registers itself
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/telemetry"
	"github.com/gochimera/chimera/workers"
)

// load finds the project and reads its configuration for the program's kind of master.
func (o *options) load(m masters.Master) (*config.Config, error) {
	dir, err := config.FindProject(config.Search{Option: o.project, Env: os.LookupEnv, MainDir: config.MainDir()})
	if err != nil {
		return nil, err
	}
	cfg, err := config.Load(config.Options{Dir: dir, Env: os.LookupEnv, Overrides: o.overrides, Catalogue: known{}})
	if err != nil {
		return nil, err
	}
	switch {
	case string(cfg.Master) == m.Kind():
		return cfg, nil
	case cfg.Given("master"):
		problem := fmt.Sprintf("%s, but the program runs the %s master", cfg.Master, m.Kind())
		return nil, config.Errors{cfg.Problem("master", problem, "change one of them")}
	default:
		problem := fmt.Sprintf("not given, which means %s, but the program runs the %s master", cfg.Master, m.Kind())
		return nil, config.Errors{cfg.Problem("master", problem, "add master: "+m.Kind())}
	}
}

// chooseLauncher makes the configured launcher. If the launcher runs generated mains, outdated ones
// are an error.
func (s *session) chooseLauncher() (launcher.Launcher, error) {
	info, err := launcher.Lookup(string(s.config.Launcher))
	if err != nil {
		return nil, err
	}
	if info.Traits.RunsMains {
		report, err := gen.Generate(s.ctx, s.config, gen.Options{Check: true})
		if err != nil {
			return nil, err
		}
		if stale := report.Stale(); len(stale) > 0 {
			return nil, fmt.Errorf("the generated files do not match chimera.yaml (%s): run go generate in %s", strings.Join(stale, ", "), s.config.Dir)
		}
	}
	return info.New(launcher.Setup{Factory: s.inProcess, Config: s.config})
}

// plan describes what to launch.
func (s *session) plan() launcher.Plan {
	p := launcher.PlanOf(s.config, workers.Version(), s.level, s.traced())
	p.LogDir, p.Output, p.Log, p.Level, p.Identity = logsFolder, s.stderr, s.log, s.level, s.issuer()
	p.Observe = func(e launcher.Event) {
		switch e.Kind {
		case launcher.Building, launcher.Built, launcher.Ready, launcher.Again, launcher.Down, launcher.Stopping:
			s.tell(e.String())
		default:
		}
	}
	return p
}

// noRestart reports whether nobody starts a worker again that has ended. Of workers that run elsewhere,
// only restart: always says that somebody does.
func (s *session) noRestart() bool {
	traits := launcher.Traits{}
	if info, err := launcher.Lookup(string(s.config.Launcher)); err == nil {
		traits = info.Traits
	}
	switch s.config.Restart {
	case config.RestartNever:
		return true
	case config.RestartAlways:
		return !traits.Restarts && !traits.StartsNothing
	default:
		return !traits.Restarts
	}
}

// startsNothing reports whether the workers run already.
func (s *session) startsNothing() bool {
	info, err := launcher.Lookup(string(s.config.Launcher))
	return err == nil && info.Traits.StartsNothing
}

// inProcess makes a worker of the plan in this process, with a learner that this program links.
func (s *session) inProcess(ctx context.Context, w launcher.Worker, log *slog.Logger) (http.Handler, io.Closer, error) {
	i := slices.IndexFunc(s.config.Workers, func(c config.Worker) bool { return c.Name == w.Name })
	c := s.config.Workers[i] // the plan was made from these workers
	if c.Learner == "" {
		return nil, nil, errors.New("it has its own main, which only the process launcher can run")
	}
	known, err := identityOf(w)
	if err != nil {
		return nil, nil, err
	}
	worker, err := workers.New(workers.Spec{
		Name: c.Name, Role: s.config.Master.Role(), Project: s.config.Project, Learner: c.Learner, Params: c.Params.JSON(),
		Seed: c.Seed, Bootstrap: c.Bootstrap, Faults: c.Faults.JSON(), Data: s.config.ReadingJSON(), ConfigHash: s.config.WorkerHash(i),
		Members: s.members(),
	}, registry.Default, workers.Options{
		Data: w.Data, Hosts: s.config.Access.Hosts, Limits: s.limits(), Procs: launcher.Procs(len(s.config.Workers)), Log: log,
		Instruments: telemetry.Instruments(s.config), Identity: known,
	})
	if err != nil {
		return nil, nil, err
	}
	return worker, worker, worker.Load(ctx)
}

// members are the workers as they may call each other; nil if they do not.
func (s *session) members() (list []workers.Member) {
	if !s.config.Kind().SharesLayers {
		return nil
	}
	for _, w := range s.config.Workers {
		list = append(list, workers.Member{Name: w.Name, URL: w.URL})
	}
	return list
}

// limits are those of a worker.
func (s *session) limits() rest.Limits {
	l := s.config.Limits
	return rest.Limits{
		MaxBody: l.MaxFrame(), BodyTimeout: time.Duration(l.BodyReadTimeout), Memory: int64(l.MaxMemory), WriteTimeout: time.Duration(l.WriteTimeout),
	}
}

// journals are the outputs of a session: the terminal and two files in the project's folder.
type journals struct {
	log   *slog.Logger
	times *masters.TimeLog // nil if it cannot be written
	file  io.Closer        // nil if it cannot be written
}

// Names of the log files in the project's folder, as in the Python package. A time log has objects in a file beside it.
const (
	statusLog = "chimera_status.log"
	timeLog   = "chimera_time.log"

	logsFolder = "chimera_logs" // one file per worker
)

// openLogs opens the logs. One that cannot be written, in a project folder that is read-only, is left
// out with a warning: a master that only serves needs none.
func (s *session) openLogs() *journals {
	l := &journals{}
	format, terminal := logs.Format(s.config.LogFormat), s.stderr
	if format == logs.Text {
		terminal = prefixed{terminal}
	}
	handlers := []slog.Handler{logs.Handler(terminal, format, s.level)}
	status, err := os.OpenFile(filepath.Join(s.config.Dir, statusLog), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		l.file = status
		handlers = append(handlers, logs.FileHandler(status, format, slog.LevelDebug))
	}
	l.log = slog.New(logs.Contextual(slog.NewMultiHandler(handlers...)))
	if format == logs.JSON {
		l.log = l.log.With("node", "master") // its lines and those of the workers are among each other
	}
	if err != nil {
		l.log.Warn("the master's log goes to the terminal only", "error", err)
	}
	if l.times, err = masters.OpenTimeLog(filepath.Join(s.config.Dir, timeLog)); err != nil {
		l.log.Warn("latencies are not logged", "error", err)
	}
	return l
}

func (l *journals) close() error {
	if l.file == nil {
		return l.times.Close()
	}
	return errors.Join(l.times.Close(), l.file.Close())
}

// tell says on the terminal what the program is doing: as a line of the log, if that is JSON.
func (s *session) tell(what string) {
	if s.config.LogFormat == config.LogJSON {
		s.log.Info(what)
		return
	}
	_, _ = fmt.Fprintln(s.stderr, "chimera | "+what)
}

// prefixed marks the master's lines, to tell them from those of the workers.
type prefixed struct{ w io.Writer }

// Write writes one line of the log.
func (p prefixed) Write(line []byte) (int, error) {
	if _, err := p.w.Write(append([]byte("master | "), line...)); err != nil {
		return 0, err
	}
	return len(line), nil
}

// known are the learners that this program links, and those of this module
// that it does not: a learner that was just added to chimera.yaml is missing only
// until go generate has linked it.
type known struct{}

// List describes all of them, by name.
func (known) List() []registry.Info {
	list := registry.List()
	for _, info := range catalogue.Shipped().List() {
		if !slices.ContainsFunc(list, func(linked registry.Info) bool { return linked.Name == info.Name }) {
			list = append(list, info)
		}
	}
	slices.SortFunc(list, func(a, b registry.Info) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Lookup describes one learner.
func (k known) Lookup(name string) (registry.Info, error) {
	return catalogue.New(k.List()...).Lookup(name)
}

// Check checks a learner's parameters.
func (known) Check(name string, params json.RawMessage) error {
	if _, err := registry.Lookup(name); err == nil {
		return registry.Default.Check(name, params)
	}
	return catalogue.Shipped().Check(name, params)
}
