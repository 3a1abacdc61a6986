package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/gochimera/chimera/registry"
)

// Worker is one worker with everything it inherits filled in.
type Worker struct {
	Name      string   `yaml:"name" otherwise:"required" env:"CHIMERA_WORKERS_NODES_NAMES" validate:"dns_label"`
	Learner   string   `yaml:"learner" otherwise:"the default learner" validate:"omitempty,learner_name"`
	Params    Params   `yaml:"params" otherwise:"the default params, if it is the default learner"`
	Bootstrap bool     `yaml:"bootstrap" otherwise:"the default bootstrap"`
	Seed      uint64   `yaml:"seed" otherwise:"derived from the run's seed and the name"`
	Weight    float64  `yaml:"weight" default:"1" validate:"gt=0,lte=1e9"`
	Port      int      `yaml:"port" default:"0" env:"CHIMERA_WORKERS_MAPPED_PORTS" validate:"gte=0,lte=65535"`
	URL       string   `yaml:"url" validate:"omitempty,http_url"`
	CPUShares int64    `yaml:"cpu_shares" default:"1024" env:"CHIMERA_WORKERS_CPU_SHARES" validate:"gte=2,lte=262144"`
	CPUs      float64  `yaml:"cpus" default:"0" validate:"gte=0,lte=1024"`
	Memory    Size     `yaml:"memory" default:"0" validate:"omitempty,gte=6291456"`
	Placement []string `yaml:"placement" validate:"dive,swarm_constraint"`
	Faults    Faults   `yaml:"faults"`
	Layers    int      `yaml:"layers" otherwise:"balanced by their cost" validate:"gte=0"`
	Data      string   `yaml:"data" otherwise:"chimera_train_data/ and the name"`

	// Info describes the learner. It is nil if the worker has no learner, and
	// if the learner is not in the catalogue: see Unchecked.
	Info *registry.Info `yaml:"-"`

	// NamesOwn: a parameter has a name, such as that of a loss, that is not in the
	// catalogue, and that a package of the project's may register.
	NamesOwn bool `yaml:"-"`
}

// Unchecked reports whether the worker's learner, or a name in its parameters,
// is not in the catalogue, so that only the built worker can tell whether it and
// its parameters exist.
func (w Worker) Unchecked() bool { return w.Learner != "" && (w.Info == nil || w.NamesOwn) }

// Generated reports whether the worker's main is generated: it has a learner,
// and does not run elsewhere.
func (w Worker) Generated() bool { return w.Learner != "" && w.URL == "" }

// WorkerHash identifies what worker i's main is generated from: 16 hexadecimal
// digits of the SHA-256 of the canonical JSON of its name, role, learner,
// parameters, seed, bootstrap, faults, and how its files are written. It is "" for a worker whose main is not
// generated.
func (c *Config) WorkerHash(i int) string {
	w := c.Workers[i]
	if !w.Generated() {
		return ""
	}
	canonical := fmt.Sprintf(`{"bootstrap":%t,"learner":%q,"name":%q,"params":%s,"role":%q,"seed":%d}`,
		w.Bootstrap, w.Learner, w.Name, w.Params.JSON(), c.Master.Role(), w.Seed)
	canonical += w.Faults.JSON() // nothing, so without any the hash is as it was before there were faults
	canonical += c.ReadingJSON()
	sum := sha256.Sum256([]byte(canonical))
	return hex.EncodeToString(sum[:8])
}

// DataFolder is the folder of worker i's rows.
func (c *Config) DataFolder(i int) string {
	data := filepath.FromSlash(c.Workers[i].Data)
	if filepath.IsAbs(data) {
		return data
	}
	return filepath.Join(c.Dir, data)
}

// FitHash identifies what a fit depends on in the configuration: 16 hexadecimal
// digits of the SHA-256 of the settings of the master, the workers and the
// preparation. Where workers run and how they are called is not part of it.
func (c *Config) FitHash() string {
	type worker struct {
		Name, Learner, Params, Faults, URL string
		Seed                               uint64
		Bootstrap                          bool
		Weight                             float64
		Layers                             int
	}
	workers := make([]worker, len(c.Workers))
	for i, w := range c.Workers {
		workers[i] = worker{w.Name, w.Learner, w.Params.JSON(), w.Faults.JSON(), w.URL, w.Seed, w.Bootstrap, w.Weight, w.Layers}
	}
	all := []any{c.Master, c.Seed, c.ReadingJSON(), c.Prepare, workers, c.Settings(string(c.Master))}
	text, err := json.Marshal(all)
	if err != nil { // a number that JSON cannot hold
		text = fmt.Appendf(nil, "%#v", all)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
