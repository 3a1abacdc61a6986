package config

import "regexp"

// Swarm is what launcher: swarm has to know of the swarm.
type Swarm struct {
	Placement []string  `yaml:"placement" validate:"dive,swarm_constraint"`
	Data      SwarmData `yaml:"data" default:"embed" validate:"oneof=embed volume config"`
	Encrypted bool      `yaml:"encrypted" default:"false"`
	Reserve   bool      `yaml:"reserve" default:"true"`
	Nodes     []string  `yaml:"nodes" validate:"dive,required"`
	Address   string    `yaml:"address" validate:"omitempty,ip|hostname_rfc1123"`
	Port      int       `yaml:"port" default:"0" validate:"gte=0,lte=65535"`
}

// SwarmData is how workers of a swarm get their rows.
type SwarmData string

// The ways to get rows.
const (
	SwarmEmbed   SwarmData = "embed"
	SwarmVolume  SwarmData = "volume"
	SwarmConfigs SwarmData = "config"
)

// Docs says what each setting is.
func (Swarm) Docs() map[string]string {
	return map[string]string{
		"placement": "what a node must be to run workers, each a constraint as `docker service create --constraint` takes it, such as node.labels.disk==ssd",
		"data": "where a worker finds its rows: embed, in its image; volume, in the volume PROJECT-WORKER-rows of the node that runs it, which you make and fill, " +
			"and nothing here removes; config, in configs of the swarm, a file at most 500 kB",
		"encrypted": "whether the workers' network is encrypted between nodes (IPsec), beside what security.workers does",
		"reserve":   "whether a worker's cpus and memory are also kept free for it on its node; if not, they only limit it",
		"nodes": "the engines of the other nodes, each as DOCKER_HOST has it, such as tcp://node2:2376 with DOCKER_CERT_PATH: they are given the relay through " +
			"which their nodes fetch images from the master; not needed with images.registry",
		"address": "address of the master's machine at which nodes fetch images; without it the one from which the nodes are reached",
		"port":    "port on the loopback of every node at which its engine fetches images; 0 is one that follows from the project's name",
	}
}

// constraint is what Docker Swarm takes for one.
var constraint = regexp.MustCompile(`^(node\.(id|hostname|ip|role|platform\.os|platform\.arch|labels\.[A-Za-z0-9._-]+)|engine\.labels\.[A-Za-z0-9._-]+)` +
	` ?(==|!=) ?[A-Za-z0-9][A-Za-z0-9:./_-]*$`)

// ValidConstraint reports whether Docker Swarm would take a constraint.
func ValidConstraint(text string) bool { return constraint.MatchString(text) }
