package config

import (
	"net/netip"
	"strconv"

	"github.com/gochimera/chimera/distribute"
)

// Config is the whole configuration of a project, checked, with every default
// filled in. Treat it as read-only.
type Config struct {
	Project   string        `yaml:"project" otherwise:"the folder's name, made safe" validate:"dns_label"`
	Master    Master        `yaml:"master" default:"aggregation" validate:"options"`
	Launcher  Launcher      `yaml:"launcher" default:"process" env:"CHIMERA_LAUNCHER" validate:"options"`
	Seed      uint64        `yaml:"seed" default:"0"`
	Packages  []string      `yaml:"packages"`
	Learner   string        `yaml:"learner" validate:"omitempty,learner_name"`
	Params    Params        `yaml:"params"`
	Bootstrap bool          `yaml:"bootstrap" default:"false"`
	Threshold float64       `yaml:"threshold" default:"0" validate:"omitempty,gt=0,lt=1"`
	Target    ColumnName    `yaml:"target"`
	Data      Data          `yaml:"data"`
	Prepare   Prepare       `yaml:"prepare"`
	Workers   Workers       `yaml:"workers" otherwise:"required" validate:"min=1,max=1000,dive"`
	Models    Models        `yaml:"models"`
	Endpoints Endpoints     `yaml:"endpoints"`
	Limits    RequestLimits `yaml:"limits"`
	Access    Access        `yaml:"access"`
	Security  Security      `yaml:"security"`
	Restart   Restart       `yaml:"restart" default:"on-failure" env:"CHIMERA_RESTART" validate:"oneof=no on-failure always"`
	LogFormat LogFormat     `yaml:"log_format" default:"text" env:"CHIMERA_LOG_FORMAT" validate:"oneof=text json"`
	Network   Network       `yaml:"network"`
	Telemetry Telemetry     `yaml:"telemetry"`

	Images     Images     `yaml:"images"`
	Swarm      Swarm      `yaml:"swarm"`
	Kubernetes Kubernetes `yaml:"kubernetes"`

	Dir     string   `yaml:"-"` // the project folder, absolute; "" if there is none
	File    string   `yaml:"-"` // chimera.yaml as errors name it; "" if there is none
	Imports []string `yaml:"-"` // Packages as import paths, in their order, each once

	// Notes are what the user should know, though nothing is wrong: settings that
	// were given by their former names.
	Notes []string `yaml:"-"`

	sections map[string]any // pointers to the settings of each kind, by the kind's name
	places   places         // where each setting was given
	keys     places         // where the names of parameters stand
}

// Master is a way to distribute the work.
type Master string

// ParamOptions are the options of a setting that are known only at run time: the
// masters are the kinds of distribution that this program has.
func (Config) ParamOptions(name string) []string {
	switch name {
	case "master":
		return distribute.Names()
	case "launcher":
		return LauncherNames()
	default:
		return nil
	}
}

// Launcher is a way to start workers.
type Launcher string

// The launchers that come with Chimera; [RegisterLauncher] adds others.
const (
	ProcessLauncher   Launcher = "process"
	InprocessLauncher Launcher = "inprocess"
	DockerLauncher    Launcher = "docker"
	SwarmLauncher     Launcher = "swarm"
	ExternalLauncher  Launcher = "external"

	KubernetesLauncher Launcher = "kubernetes"
)

// Restart says when a worker that ended by itself is started again.
type Restart string

// The ways to restart.
const (
	RestartNever     Restart = "no"
	RestartOnFailure Restart = "on-failure"
	RestartAlways    Restart = "always"
)

// LogFormat is the form of the logs' lines.
type LogFormat string

// The forms of the logs' lines.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// Endpoints is where workers listen and how they are called.
type Endpoints struct {
	Host         string   `yaml:"host" default:"127.0.0.1" env:"CHIMERA_WORKERS_HOST" validate:"ip|hostname_rfc1123"`
	Port         int      `yaml:"port" default:"80" env:"CHIMERA_WORKERS_PORT" validate:"gte=1,lte=65535"`
	Timeout      Duration `yaml:"timeout" default:"100s" env:"CHIMERA_WORKERS_ENDPOINTS_TIMEOUT" validate:"gt=0"`
	MaxRetries   int      `yaml:"max_retries" default:"0" env:"CHIMERA_WORKERS_ENDPOINTS_MAX_RETRIES" validate:"gte=0,lte=100"`
	StartTimeout Duration `yaml:"start_timeout" default:"60s" validate:"gt=0"`

	FitTimeout     Duration `yaml:"fit_timeout" default:"0s" validate:"gte=0"`
	PredictTimeout Duration `yaml:"predict_timeout" default:"0s" validate:"gte=0"`
	LateAfter      Duration `yaml:"late_after" default:"2s" validate:"gt=0"`
}

// RequestLimits is what masters and workers accept of a request.
type RequestLimits struct {
	MaxBody         Size     `yaml:"max_body" default:"64MiB" validate:"gte=1024" doc:"largest request or answer body"`
	MaxModel        Size     `yaml:"max_model" default:"4GiB" validate:"gte=1024" doc:"largest model that a master takes in as a file"`
	BodyReadTimeout Duration `yaml:"body_read_timeout" default:"60s" validate:"gt=0"`
	MaxMemory       Size     `yaml:"max_memory" default:"1GiB" validate:"gte=1048576"`
	WriteTimeout    Duration `yaml:"write_timeout" default:"30s" validate:"gt=0"`

	MaxRequests int     `yaml:"max_requests" default:"1024" validate:"gte=1,lte=1000000"`
	Rate        float64 `yaml:"rate" default:"0" validate:"gte=0,lte=1000000"`
	Burst       int     `yaml:"burst" default:"20" validate:"gte=1,lte=1000000"`
	RateLocal   bool    `yaml:"rate_local" default:"false"`
}

// Access is who may call masters and workers.
type Access struct {
	Hosts []string `yaml:"hosts" validate:"dive,hostname_rfc1123"`
}

// Telemetry is what programs tell those who look after them.
type Telemetry struct {
	Metrics bool `yaml:"metrics" default:"true"`
	Traces  bool `yaml:"traces" default:"false"`
}

// MaxFrame is what a frame between our own nodes may have, in bytes: a body of
// single digits grows fourfold when it becomes binary.
func (l RequestLimits) MaxFrame() int64 { return 4*int64(l.MaxBody) + 1<<20 }

// Network is the Docker network of the workers.
type Network struct {
	Name       string `yaml:"name" default:"chimera-network" env:"CHIMERA_NETWORK_NAME" validate:"docker_name"`
	Prefix     string `yaml:"prefix" default:"192.168.10" env:"CHIMERA_NETWORK_PREFIX" validate:"net_prefix"`
	SubnetMask int    `yaml:"subnet_mask" default:"24" env:"CHIMERA_NETWORK_SUBNET_MASK" validate:"gte=0,lte=32"`
}

// Subnet is the network's range of addresses, as in 192.168.10.0/24.
func (n Network) Subnet() (netip.Prefix, error) {
	return netip.ParsePrefix(n.Prefix + ".0/" + strconv.Itoa(n.SubnetMask))
}

// Given reports whether a setting, such as "network.prefix" or
// "workers[0].port", was given by the file, the environment or a flag.
func (c *Config) Given(path string) bool {
	_, ok := c.places[current(path)]
	return ok
}

// Problem is a problem with a setting, by its path, at the place where it was given, or else where what it is
// a part of was.
func (c *Config) Problem(path, problem, hint string) *Error {
	at := c.places.nearest(path)
	return &Error{File: at.file, Line: at.line, Column: at.column, Field: path, Problem: problem, Hint: hint}
}
