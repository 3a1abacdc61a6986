package launcher

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/environment"
)

// PlanOf is the plan by which a program of a project launches its workers, without what belongs to a running program: logs, events and
// identities. version is that of Chimera, level that of the workers' logs, and traced what their environment says of where traces go.
func PlanOf(cfg *config.Config, version string, level slog.Level, traced []string) Plan {
	p := Plan{
		Project: cfg.Project, Dir: cfg.Dir, JSON: cfg.LogFormat == config.LogJSON, Network: networkOf(cfg), Restart: Restart(cfg.Restart), Version: version,
		ReadyTimeout: time.Duration(cfg.Endpoints.StartTimeout), WriteTimeout: time.Duration(cfg.Limits.WriteTimeout),
	}
	hosts, _ := json.Marshal(cfg.Access.Hosts) // a list of strings can be written
	for i, w := range cfg.Workers {
		p.Workers = append(p.Workers, Worker{
			Name: w.Name, About: w.Learner, Main: filepath.Join(config.WorkersFolder, w.Name), Data: cfg.DataFolder(i), URL: w.URL,
			Host: cfg.Endpoints.Host, Port: w.Port, CPUShares: int(w.CPUShares), CPUs: w.CPUs, Memory: int64(w.Memory),
			Cgo: w.Info != nil && w.Info.Cgo, Placement: w.Placement,
			Env: append([]string{
				fmt.Sprintf("%s=%d", environment.WorkersMaxBody, cfg.Limits.MaxFrame()),
				environment.WorkersBodyTimeout + "=" + cfg.Limits.BodyReadTimeout.String(),
				fmt.Sprintf("%s=%d", environment.WorkersMaxMemory, cfg.Limits.MaxMemory),
				environment.WorkersWriteTimeout + "=" + cfg.Limits.WriteTimeout.String(),
				environment.WorkersAllowedHosts + "=" + string(hosts),
				fmt.Sprintf("GOMAXPROCS=%d", Procs(len(cfg.Workers))),
				environment.Log + "=" + level.String(), // a container does not inherit our environment
				environment.LogFormat + "=" + string(cfg.LogFormat),
			}, traced...),
			Hash: cfg.WorkerHash(i),
		})
	}
	return p
}

// networkOf is the workers' container network. A name and a prefix that nobody chose are left to the
// launcher, so that two projects do not collide.
func networkOf(cfg *config.Config) Network {
	n := Network{Name: cfg.Network.Name, Bits: cfg.Network.SubnetMask, Port: cfg.Endpoints.Port}
	if !cfg.Given("network.name") {
		n.Name = cfg.Project + "-" + n.Name
	}
	if cfg.Given("network.prefix") {
		n.Prefix = cfg.Network.Prefix
	}
	return n
}

// Procs divides this machine's processors between workers, with at least one for each.
func Procs(workers int) int { return max(1, runtime.NumCPU()/workers) }
