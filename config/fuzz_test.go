package config_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/config"
)

// Whatever the variables say, over a file or alone, the answer is a configuration or a list of
// problems, each of which names its variable or its place in the file.
func FuzzEnvironment(f *testing.F) {
	f.Add("", `["tree1", "tree2"]`, `[2, 4]`, `[8081, 8082]`, "100.5", "25")
	f.Add("workers: [{name: a, learner: tree-classifier}, {name: b}]\nmaster: aggregation\n", `["b","c"]`, "3", "", "1m", "")
	f.Add("workers: 2", `['w1', 'w2']`, "(2, 2)", "[1,1]", "-1s", "33")
	f.Add("workers: [", `["a","a"]`, "[1e3]", "[99999999999999999999]", "nan", "0")
	f.Fuzz(func(t *testing.T, file, names, shares, ports, timeout, mask string) {
		set := map[string]string{
			config.WorkersNodesNames: names, config.WorkersCPUShares: shares, config.WorkersMappedPorts: ports,
			"CHIMERA_WORKERS_ENDPOINTS_TIMEOUT": timeout, "CHIMERA_NETWORK_SUBNET_MASK": mask,
		}
		c, err := config.Parse("f", []byte(file), config.Options{Catalogue: learners(), Env: env(set)})
		if err == nil {
			for i, w := range c.Workers {
				if w.Name == "" || slices.ContainsFunc(c.Workers[:i], func(o config.Worker) bool { return strings.EqualFold(o.Name, w.Name) }) {
					t.Errorf("workers %+v", c.Workers)
				}
				c.WorkerHash(i)
			}
			return
		}
		var errs config.Errors
		if !errors.As(err, &errs) || len(errs) == 0 || c != nil {
			t.Fatalf("%T: %v", err, err)
		}
		for _, e := range errs {
			_, variable := set[e.File]
			if e.Problem == "" || !variable && (e.File != "f" || e.Line < 1 || e.Column < 1) {
				t.Errorf("no such place: %#v", e)
			}
		}
	})
}

// A length of time and a size come back from their text as they were.
func FuzzQuantities(f *testing.F) {
	for _, s := range []string{"100s", "1m30s", "0.5", "-1h", "64MiB", "1.5 GB", "1e3kB", "9223372036854775807", "1e30", "nan", "0x10", "B", "1µs"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d, d2 config.Duration
		if err := d.UnmarshalText([]byte(text)); err == nil {
			if err := d2.UnmarshalText([]byte(d.String())); err != nil || d2 != d {
				t.Errorf("%q is %v, which is read as %v, %v", text, d, d2, err)
			}
		}
		var z, z2 config.Size
		if err := z.UnmarshalText([]byte(text)); err == nil {
			if z < 0 {
				t.Errorf("%q is %d bytes", text, z)
			}
			if z < 1<<53 { // beyond, a number of bytes is no exact float
				if err := z2.UnmarshalText([]byte(z.String())); err != nil || z2 != z {
					t.Errorf("%q is %v, which is read as %v, %v", text, z, z2, err)
				}
			}
		}
	})
}
