//go:build unix

package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/workers"
)

// workerVariable holds the spec of a worker, for this program as the worker's process.
const workerVariable = "CHIMERA_CHAOS_WORKER"

// becomeWorker makes this process the worker that its environment describes, if it does. A
// program that runs projects calls it first.
func becomeWorker() {
	text := os.Getenv(workerVariable)
	if text == "" {
		return
	}
	var spec workers.Spec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		panic(fmt.Sprintf("%s: %v", workerVariable, err))
	}
	workers.Main(spec)
}

// rigs are the projects that run, by folder: a launcher is told no more.
var rigs sync.Map

func init() {
	launcher.Register(inprocess, launcher.Entry{
		Summary: "goroutines behind proxies that make faults",
		New: func(s launcher.Setup) (launcher.Launcher, error) {
			return behind{inprocess, launcher.InProcess{New: s.Factory}}, nil
		},
	})
	launcher.Register(process, launcher.Entry{
		Summary: "processes of this program behind proxies that make faults", Traits: launcher.Traits{Restarts: true},
		New: func(launcher.Setup) (launcher.Launcher, error) {
			return behind{process, again{}}, nil
		},
	})
}

// behind puts a proxy before every worker that another launcher launches.
type behind struct {
	name string
	launcher.Launcher
}

// Name is the launcher's name.
func (b behind) Name() string { return b.name }

// Launch implements launcher.Launcher.
func (b behind) Launch(ctx context.Context, p launcher.Plan) (launcher.Fleet, error) {
	found, ok := rigs.Load(p.Dir)
	if !ok {
		return nil, fmt.Errorf("no rig runs the project in %s", p.Dir)
	}
	r := found.(*rig)
	f, err := launchProxied(ctx, b.Launcher, p, func(f fault) { r.strike(f) })
	if err != nil {
		return nil, err
	}
	for _, e := range f.Fleet.Endpoints() {
		r.direct = append(r.direct, e.URL)
	}
	r.fleet = f
	return f, nil
}

// launchProxied puts a proxy before every worker that a launcher launches.
func launchProxied(ctx context.Context, l launcher.Launcher, p launcher.Plan, strike func(fault)) (*proxied, error) {
	fleet, err := l.Launch(ctx, p)
	if err != nil {
		return nil, err
	}
	f := &proxied{Fleet: fleet}
	for _, e := range fleet.Endpoints() {
		one, err := newProxy(ctx, e.URL, strike)
		if err != nil {
			return nil, errors.Join(err, f.Stop(ctx))
		}
		f.proxies = append(f.proxies, one)
	}
	return f, nil
}

// proxied is a fleet whose endpoints are proxies.
type proxied struct {
	launcher.Fleet
	proxies []*proxy
}

// Endpoints are the workers' with the proxies' addresses. They are called there, also those that are in this program.
func (f *proxied) Endpoints() []launcher.Endpoint {
	list := f.Fleet.Endpoints()
	for i := range list {
		list[i].URL, list[i].Peer, list[i].Within = f.proxies[i].url, f.proxies[i].url, nil
	}
	return list
}

// Stop stops the workers, then the proxies.
func (f *proxied) Stop(ctx context.Context) error {
	err := f.Fleet.Stop(ctx)
	for _, p := range f.proxies {
		p.close()
	}
	return err
}

// again launches workers as processes that run this very program: there is nothing to build.
type again struct{}

// Name is not used: behind has the name.
func (again) Name() string { return process }

// Launch implements launcher.Launcher.
func (again) Launch(ctx context.Context, p launcher.Plan) (launcher.Fleet, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cfg, err := config.Load(config.Options{Dir: p.Dir})
	if err != nil {
		return nil, err
	}
	return launcher.Supervisor{Start: func(job launcher.Job) (launcher.Instance, error) {
		c := cfg.Workers[job.Index]
		spec, err := json.Marshal(workers.Spec{
			Name: c.Name, Role: cfg.Master.Role(), Project: cfg.Project, Learner: c.Learner, Params: c.Params.JSON(), Seed: c.Seed,
			Bootstrap: c.Bootstrap, ConfigHash: job.Worker.Hash,
		})
		if err != nil {
			return nil, err
		}
		cmd := exec.CommandContext(context.WithoutCancel(ctx), program)
		cmd.Env = []string{workerVariable + "=" + string(spec)}
		return launcher.StartCommand(cmd, job)
	}}.Launch(ctx, p)
}
