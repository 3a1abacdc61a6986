package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/config"
)

// The seed's variables alone, as its README has them, are a configuration.
func TestEnvironmentAlone(t *testing.T) {
	c, err := config.Parse("", nil, config.Options{Env: env(map[string]string{
		"CHIMERA_NETWORK_NAME":                  "my-network",
		"CHIMERA_NETWORK_PREFIX":                "10.1.2",
		"CHIMERA_NETWORK_SUBNET_MASK":           "25",
		"CHIMERA_WORKERS_NODES_NAMES":           `["tree1", "tree2"]`,
		"CHIMERA_WORKERS_CPU_SHARES":            `[2, 4]`,
		"CHIMERA_WORKERS_MAPPED_PORTS":          `[8081, 8082]`,
		"CHIMERA_WORKERS_HOST":                  "0.0.0.0",
		"CHIMERA_WORKERS_PORT":                  "8080",
		"CHIMERA_WORKERS_ENDPOINTS_MAX_RETRIES": "2",
		"CHIMERA_WORKERS_ENDPOINTS_TIMEOUT":     "100.5",
	})})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Network, (config.Network{Name: "my-network", Prefix: "10.1.2", SubnetMask: 25}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if e := c.Endpoints; e.Host != "0.0.0.0" || e.Port != 8080 || e.MaxRetries != 2 || e.Timeout.String() != "1m40.5s" {
		t.Errorf("%+v", e)
	}
	for i, want := range []config.Worker{
		{Name: "tree1", Port: 8081, CPUShares: 2}, {Name: "tree2", Port: 8082, CPUShares: 4},
	} {
		got := config.Worker{Name: c.Workers[i].Name, Port: c.Workers[i].Port, CPUShares: c.Workers[i].CPUShares}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error("(-want +got)", diff)
		}
		if c.WorkerHash(i) != "" {
			t.Error("a worker with a main of its own has a hash")
		}
	}
}

func TestOneCPUShareForAll(t *testing.T) {
	for _, text := range []string{"[3]", "3"} {
		c, err := config.Parse("", nil, config.Options{Env: env(map[string]string{
			"CHIMERA_WORKERS_NODES_NAMES": `["a","b"]`, "CHIMERA_WORKERS_CPU_SHARES": text,
		})})
		if err != nil {
			t.Fatal(err)
		}
		if c.Workers[0].CPUShares != 3 || c.Workers[1].CPUShares != 3 {
			t.Errorf("%s: %+v", text, c.Workers)
		}
	}
}

// The variable says which workers there are; those that the file has too keep
// what it says of them, and errors about it keep their places.
func TestNamesFromEnvironmentOverAFile(t *testing.T) {
	file := `
learner: tree-classifier
workers:
  - {name: a, weight: 1}
  - {name: b, weight: 2, port: 8081}
  - {name: c, weight: 3, params: {max_depth: 3}}
`
	names := map[string]string{"CHIMERA_WORKERS_NODES_NAMES": `["c","new","b"]`, "CHIMERA_WORKERS_MAPPED_PORTS": `[1,2,3]`}
	c := parse(t, file, config.Options{Env: env(names)})
	var got []string
	for _, w := range c.Workers {
		got = append(got, w.Name+w.Params.JSON())
	}
	if diff := cmp.Diff([]string{`c{"max_depth":3}`, `new{}`, `b{}`}, got); diff != "" {
		t.Error("(-want +got)", diff)
	}
	if c.Workers[0].Weight != 3 || c.Workers[1].Weight != 1 || c.Workers[2].Weight != 2 || c.Workers[2].Port != 3 {
		t.Errorf("%+v", c.Workers)
	}
	_, err := config.Parse("c.yaml", []byte(strings.Replace(file, "max_depth: 3", "max_depth: -3", 1)), config.Options{Env: env(names), Catalogue: learners()})
	want := `c.yaml:6:46: workers[0].params.max_depth: want >= 0, got -3`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

func TestEnvironmentRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"nothing", nil, `CHIMERA_WORKERS_NODES_NAMES: workers: no workers: there is no chimera.yaml, and this variable is not set; write one, or name the ` +
			`workers: CHIMERA_WORKERS_NODES_NAMES=["worker1","worker2"]`},
		{"names that are no list", map[string]string{"CHIMERA_WORKERS_NODES_NAMES": "tree1"},
			`CHIMERA_WORKERS_NODES_NAMES: workers: want a JSON list of names such as ["tree1","tree2"], got tree1`},
		{"names that are numbers", map[string]string{"CHIMERA_WORKERS_NODES_NAMES": "[1]"},
			`CHIMERA_WORKERS_NODES_NAMES: workers: want a JSON list of names such as ["tree1","tree2"], got [1]`},
		{"no names", map[string]string{"CHIMERA_WORKERS_NODES_NAMES": "[]"}, `CHIMERA_WORKERS_NODES_NAMES: workers: want at least 1 and at most 1000, got 0`},
		{"a name twice", map[string]string{"CHIMERA_WORKERS_NODES_NAMES": `["a","a"]`},
			`CHIMERA_WORKERS_NODES_NAMES: workers[1].name: a is already the name of workers[0]; each worker needs its own`},
		{"a bad name", map[string]string{"CHIMERA_WORKERS_NODES_NAMES": `["../x"]`},
			`CHIMERA_WORKERS_NODES_NAMES: workers[0].name: want lower-case letters, digits and inner hyphens, at most 63, got "../x"; did you mean "x"?`},
		{"an empty name", map[string]string{"CHIMERA_WORKERS_NODES_NAMES": `[""]`},
			`CHIMERA_WORKERS_NODES_NAMES: workers[0].name: want lower-case letters, digits and inner hyphens, at most 63, got ""`},
		{"a share too small", map[string]string{"CHIMERA_WORKERS_CPU_SHARES": `[2,1]`},
			`CHIMERA_WORKERS_CPU_SHARES: workers[1].cpu_shares: want >= 2 and <= 262144, got 1`},
		{"a share that is no number", map[string]string{"CHIMERA_WORKERS_CPU_SHARES": `["many",2]`},
			`CHIMERA_WORKERS_CPU_SHARES: workers[].cpu_shares: want a JSON list of whole numbers such as [2,2], got ["many",2]`},
		{"a share that is not whole", map[string]string{"CHIMERA_WORKERS_CPU_SHARES": `[2.5,2]`},
			`CHIMERA_WORKERS_CPU_SHARES: workers[0].cpu_shares: want a whole number, got 2.5`},
		{"three shares for two workers", map[string]string{"CHIMERA_WORKERS_CPU_SHARES": `[2,2,2]`},
			`CHIMERA_WORKERS_CPU_SHARES: workers[].cpu_shares: want one for each of the 2 workers, or one for all, got 3`},
		{"one port for two workers", map[string]string{"CHIMERA_WORKERS_MAPPED_PORTS": `[8081]`},
			`CHIMERA_WORKERS_MAPPED_PORTS: workers[].port: want one for each of the 2 workers, got 1`},
		{"ports twice", map[string]string{"CHIMERA_WORKERS_MAPPED_PORTS": `[8081,8081]`},
			`CHIMERA_WORKERS_MAPPED_PORTS: workers[1].port: 8081 is already the port of workers[0]; each worker needs its own`},
		{"a port too large", map[string]string{"CHIMERA_WORKERS_MAPPED_PORTS": `[8081,65536]`},
			`CHIMERA_WORKERS_MAPPED_PORTS: workers[1].port: want >= 0 and <= 65535, got 65536`},
		{"prefix", map[string]string{"CHIMERA_NETWORK_PREFIX": "192.168"},
			`CHIMERA_NETWORK_PREFIX: network.prefix: want three numbers from 0 to 255 such as 192.168.10, got "192.168"`},
		{"mask", map[string]string{"CHIMERA_NETWORK_SUBNET_MASK": "wide"}, `CHIMERA_NETWORK_SUBNET_MASK: network.subnet_mask: want a whole number, got "wide"`},
		{"host", map[string]string{"CHIMERA_WORKERS_HOST": "all of them"},
			`CHIMERA_WORKERS_HOST: endpoints.host: want an IP address or a host's name, got "all of them"`},
		{"port", map[string]string{"CHIMERA_WORKERS_PORT": "0"}, `CHIMERA_WORKERS_PORT: endpoints.port: want >= 1 and <= 65535, got 0`},
		{"retries", map[string]string{"CHIMERA_WORKERS_ENDPOINTS_MAX_RETRIES": "-1"},
			`CHIMERA_WORKERS_ENDPOINTS_MAX_RETRIES: endpoints.max_retries: want >= 0 and <= 100, got -1`},
		{"timeout", map[string]string{"CHIMERA_WORKERS_ENDPOINTS_TIMEOUT": "0"}, `CHIMERA_WORKERS_ENDPOINTS_TIMEOUT: endpoints.timeout: want > 0, got 0s`},
		{"launcher", map[string]string{"CHIMERA_LAUNCHER": "dokcer"},
			`CHIMERA_LAUNCHER: launcher: want one of process, inprocess, docker, swarm, external, kubernetes, got "dokcer"; did you mean "docker"?`},
		{"restart", map[string]string{"CHIMERA_RESTART": "never"}, `CHIMERA_RESTART: restart: want one of no, on-failure, always, got "never"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.env != nil && c.env["CHIMERA_WORKERS_NODES_NAMES"] == "" {
				c.env["CHIMERA_WORKERS_NODES_NAMES"] = `["a","b"]`
			}
			_, err := config.Parse("", nil, config.Options{Env: env(c.env)})
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Error("(-want +got)", diff)
			}
		})
	}
}

// The variables as the Python package's own programs and Docker build set them.
func TestPythonForms(t *testing.T) {
	for _, tt := range []struct{ names, ports, shares string }{
		{`['worker_1', 'Worker2']`, `(18301, 18302)`, `[2, 4]`},
		{`("worker_1", 'Worker2',)`, `[18_301, 18302, ]`, `(2, 4)`},
		{`["worker_1","Worker2"]`, `[18301,18302]`, `[2,4,]`},
	} {
		c, err := config.Parse("", nil, config.Options{Env: env(map[string]string{
			"CHIMERA_WORKERS_NODES_NAMES": tt.names, "CHIMERA_WORKERS_MAPPED_PORTS": tt.ports, "CHIMERA_WORKERS_CPU_SHARES": tt.shares,
		})})
		if err != nil {
			t.Error(err)
			continue
		}
		var got []string
		for _, w := range c.Workers {
			got = append(got, fmt.Sprintf("%s at %d with %d", w.Name, w.Port, w.CPUShares))
		}
		if strings.Join(got, ", ") != "worker-1 at 18301 with 2, worker2 at 18302 with 4" {
			t.Errorf("%+v", c.Workers)
		}
		const note = "CHIMERA_WORKERS_NODES_NAMES: worker_1 is called worker-1 here, and so are its folders"
		if len(c.Notes) != 2 || !strings.Contains(c.Notes[0], note) {
			t.Errorf("notes %q", c.Notes)
		}
	}
	for _, names := range []string{`['a'`, `('a', b)`, `['a' 'b']`, `[['a'], 'b']`, `{'a', 'b'}`, `['a', 1]`, `[__import__('os')]`} {
		if c, err := config.Parse("", nil, config.Options{Env: env(map[string]string{"CHIMERA_WORKERS_NODES_NAMES": names})}); err == nil {
			t.Errorf("%s is taken as %+v", names, c.Workers)
		}
	}
}

// Any mask of the package's passes where nothing uses it. A launcher with a network of its own says what does not
// make sense.
func TestMasks(t *testing.T) {
	for _, tt := range []struct{ mask, launcher, want string }{
		{"0", "process", ""},
		{"16", "process", ""},
		{"32", "process", ""},
		{"33", "process", "want >= 0 and <= 32, got 33"},
		{"0", "docker", "want >= 8: of 0 bits, it would take the addresses of most other networks from this machine"},
		{"16", "docker", "192.168.10.0 is not the first address of a network of 16 bits, which is 192.168.0.0"},
		{"24", "docker", ""},
		{"30", "docker", ""},
		{"32", "docker", "192.168.10.0/32 has addresses for 0 workers, and there are 1"},
	} {
		_, err := config.Parse("", nil, config.Options{Env: env(map[string]string{
			"CHIMERA_WORKERS_NODES_NAMES": `["a"]`, "CHIMERA_NETWORK_SUBNET_MASK": tt.mask, "CHIMERA_LAUNCHER": tt.launcher,
		})})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("mask %s with %s: %v", tt.mask, tt.launcher, err)
		}
	}
}
