package config

import (
	"net/netip"
	"strconv"

	"github.com/gochimera/chimera/distribute/aggregation"
)

// Config is everything that is configured of a project, checked, with every
// default filled in. Treat it as read-only.
type Config struct {
	Project         string          `yaml:"project" otherwise:"the folder's name, made safe" validate:"dns_label" doc:"name of the project; containers and images carry it"`
	Master          Master          `yaml:"master" default:"aggregation" validate:"oneof=aggregation parameter-server pipeline" doc:"how the work is distributed; the program's own master must be of this kind"`
	Launcher        Launcher        `yaml:"launcher" default:"process" env:"CHIMERA_LAUNCHER" validate:"oneof=process inprocess docker external" doc:"what starts the workers"`
	Seed            uint64          `yaml:"seed" default:"0" doc:"seed of everything random; one seed, the same bits"`
	Packages        []string        `yaml:"packages" doc:"your own learners' packages: import paths, or folders of this module such as ./centroid"`
	Learner         string          `yaml:"learner" validate:"omitempty,learner_name" doc:"learner of every worker that names none"`
	Params          Params          `yaml:"params" doc:"parameters of that learner; a worker that names no learner of its own may change single ones"`
	Bootstrap       bool            `yaml:"bootstrap" default:"false" doc:"whether a worker draws its rows with replacement before it fits, unless the worker says otherwise"`
	Workers         Workers         `yaml:"workers" otherwise:"required" validate:"min=1,max=1000,dive" doc:"the workers, or their number: 4 is worker1 to worker4"`
	Aggregation     Aggregation     `yaml:"aggregation" doc:"settings of the aggregation master"`
	ParameterServer ParameterServer `yaml:"parameter_server" doc:"settings of the parameter-server master"`
	Pipeline        Pipeline        `yaml:"pipeline" doc:"settings of the pipeline master"`
	Endpoints       Endpoints       `yaml:"endpoints" doc:"where workers listen and how patiently they are called"`
	Limits          RequestLimits   `yaml:"limits" doc:"what masters and workers accept of a request"`
	Restart         Restart         `yaml:"restart" default:"on-failure" env:"CHIMERA_RESTART" validate:"oneof=no on-failure always" doc:"when a worker that ended by itself is started again, with launcher: process or docker"`
	Network         Network         `yaml:"network" doc:"the Docker network of the workers"`

	Dir     string   `yaml:"-"` // the project folder, absolute; "" if there is none
	File    string   `yaml:"-"` // chimera.yaml as errors name it; "" if there is none
	Imports []string `yaml:"-"` // Packages as import paths, in their order, each once

	places places // where each setting was given
	keys   places // where the names of parameters stand
}

// Master is a way to distribute the work.
type Master string

// The masters.
const (
	AggregationMaster     Master = "aggregation"
	ParameterServerMaster Master = "parameter-server"
	PipelineMaster        Master = "pipeline"
)

// Role is what a worker of a project is.
type Role string

// The roles, one for each master.
const (
	ModelRole Role = "model"
	SGDRole   Role = "sgd"
	StageRole Role = "stage"
)

// Role is the role of this master's workers.
func (m Master) Role() Role {
	switch m {
	case ParameterServerMaster:
		return SGDRole
	case PipelineMaster:
		return StageRole
	default:
		return ModelRole
	}
}

// Launcher is a way to start workers.
type Launcher string

// The launchers.
const (
	ProcessLauncher   Launcher = "process"
	InprocessLauncher Launcher = "inprocess"
	DockerLauncher    Launcher = "docker"
	ExternalLauncher  Launcher = "external"
)

// Restart says when a worker that ended by itself is started again.
type Restart string

// The ways to restart.
const (
	RestartNever     Restart = "no"
	RestartOnFailure Restart = "on-failure"
	RestartAlways    Restart = "always"
)

// Combine is a way to make one prediction of many.
type Combine = aggregation.Combine

// The ways to combine.
const (
	CombineMean     = aggregation.CombineMean
	CombineMedian   = aggregation.CombineMedian
	CombineVote     = aggregation.CombineVote
	CombineWeighted = aggregation.CombineWeighted
)

// Aggregation is the aggregation master's settings.
type Aggregation = aggregation.Settings

// Endpoints is where workers listen and how they are called.
type Endpoints struct {
	Host         string   `yaml:"host" default:"127.0.0.1" env:"CHIMERA_WORKERS_HOST" validate:"ip|hostname_rfc1123" doc:"host address that the workers' ports bind to; 0.0.0.0 is every network of this machine"`
	Port         int      `yaml:"port" default:"80" env:"CHIMERA_WORKERS_PORT" validate:"gte=1,lte=65535" doc:"port of a worker inside its container"`
	Timeout      Duration `yaml:"timeout" default:"100s" env:"CHIMERA_WORKERS_ENDPOINTS_TIMEOUT" validate:"gt=0" doc:"longest wait for a worker's answer"`
	MaxRetries   int      `yaml:"max_retries" default:"0" env:"CHIMERA_WORKERS_ENDPOINTS_MAX_RETRIES" validate:"gte=0,lte=100" doc:"how often a call to a worker is tried again"`
	StartTimeout Duration `yaml:"start_timeout" default:"60s" validate:"gt=0" doc:"longest wait for a started worker to be healthy"`
}

// RequestLimits is what masters and workers accept of a request.
type RequestLimits struct {
	MaxBody         Size     `yaml:"max_body" default:"64MiB" validate:"gte=1024" doc:"largest request or answer body"`
	BodyReadTimeout Duration `yaml:"body_read_timeout" default:"60s" validate:"gt=0" doc:"longest time that reading a body may take"`
}

// MaxFrame is what a frame between our own nodes may have, in bytes: a body of
// single digits grows fourfold when it becomes binary.
func (l RequestLimits) MaxFrame() int64 { return 4*int64(l.MaxBody) + 1<<20 }

// Network is the Docker network of the workers.
type Network struct {
	Name       string `yaml:"name" default:"chimera-network" env:"CHIMERA_NETWORK_NAME" validate:"docker_name" doc:"name of the network; unless it is given, the project's name is put before it"`
	Prefix     string `yaml:"prefix" default:"192.168.10" env:"CHIMERA_NETWORK_PREFIX" validate:"net_prefix" doc:"first three numbers of its addresses; unless they are given, the next that are free"`
	SubnetMask int    `yaml:"subnet_mask" default:"24" env:"CHIMERA_NETWORK_SUBNET_MASK" validate:"gte=8,lte=29" doc:"bits of an address that name the network"`
}

// Subnet is the network's range of addresses, as in 192.168.10.0/24.
func (n Network) Subnet() (netip.Prefix, error) {
	return netip.ParsePrefix(n.Prefix + ".0/" + strconv.Itoa(n.SubnetMask))
}

// Given reports whether a setting, such as "network.prefix" or
// "workers[0].port", was given by the file, the environment or a flag.
func (c *Config) Given(path string) bool {
	_, ok := c.places[path]
	return ok
}
