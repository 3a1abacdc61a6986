// Package swarmtest gives tests a Docker Swarm of two nodes on one machine: two engines, each in a network namespace of its own,
// joined by a bridge in a third, in which the tests run as on a machine of their own. Nothing of it is seen from outside, and the
// machine's own engine is left alone.
//
// The package imports launcher/docker, launcher/internal/machines and the standard library.
package swarmtest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/internal/machines"
)

// Variables by which the tests that run in the namespace, or cannot, know about it.
const (
	envNodes   = "SWARM_TEST_NODES"
	envMissing = "SWARM_TEST_MISSING"
)

// Waiting is the function, as [go.uber.org/goleak] names it, that waits for an engine which a test has started again: it outlives the tests.
const Waiting = "github.com/gochimera/chimera/launcher/swarm/swarmtest.reap"

// Swarm is two nodes; the first is the manager.
type Swarm struct {
	Name string // that its namespaces begin with
	Dir  string // with a folder for each engine
}

// Main is for TestMain: it makes the swarm, runs the test binary again within it, removes it, and returns the exit status.
// Where no swarm can be made it runs the tests with run, and those that ask for one are skipped.
func Main(run func() int) int {
	if os.Getenv(envNodes) != "" {
		return run()
	}
	status, err := within()
	if err != nil {
		if err := os.Setenv(envMissing, err.Error()); err != nil {
			panic(err)
		}
		return run()
	}
	return status
}

// Nodes is the swarm, whose manager is the engine that DOCKER_HOST names until the test ends. Where there is none the test is
// skipped and says so; with CI=true in the environment it fails instead.
func Nodes(tb testing.TB) *Swarm {
	tb.Helper()
	s := new(Swarm)
	if err := json.Unmarshal([]byte(os.Getenv(envNodes)), s); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("tests of a swarm must run in continuous integration: %s", os.Getenv(envMissing))
		}
		tb.Skipf("SKIPPED: nothing about a swarm was tested, since none can be made here: %s", os.Getenv(envMissing))
	}
	tb.Setenv("DOCKER_HOST", s.Host(0))
	tb.Setenv("DOCKER_CONTEXT", "")
	return s
}

// net is the nodes' machines.
func (s *Swarm) net() machines.Net { return machines.Net{Name: s.Name, Count: nodes} }

// nodes is how many there are.
const nodes = 2

// Host is where a node's engine is reached, as DOCKER_HOST has it.
func (s *Swarm) Host(node int) string {
	return "unix://" + filepath.Join(s.folder(node), "docker.sock")
}

// NodeName is what the swarm calls a node.
func (s *Swarm) NodeName(node int) string { return s.net().HostName(node) }

// Address is where the nodes reach this machine. They accept a registry there without TLS.
func (s *Swarm) Address() string { return s.net().Address(machines.Host) }

// AddressOf is where a node is reached.
func (s *Swarm) AddressOf(node int) string { return s.net().Address(node) }

// Engine connects to a node's engine, until the test ends.
func (s *Swarm) Engine(tb testing.TB, node int) *docker.Engine {
	tb.Helper()
	e, err := docker.OpenAt(context.Background(), s.Host(node))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(e.Close)
	return e
}

// Cut takes a node's wire away, until Join or the end of the test.
func (s *Swarm) Cut(tb testing.TB, node int) {
	tb.Helper()
	tb.Cleanup(func() { s.Join(tb, node) })
	s.wire(tb, node, false)
}

// Join gives a node its wire back.
func (s *Swarm) Join(tb testing.TB, node int) {
	tb.Helper()
	s.wire(tb, node, true)
}

func (s *Swarm) wire(tb testing.TB, node int, up bool) {
	tb.Helper()
	if err := s.net().Wire(node, up); err != nil {
		tb.Fatal(err)
	}
}

// Encrypts says why the nodes cannot encrypt what they send each other; nil if they can.
func (s *Swarm) Encrypts() error {
	space, key := s.Name+"-1", "0x"+strings.Repeat("11", 20) // 16 bytes and a salt of 4
	association := []string{"src", s.net().Address(0), "dst", s.net().Address(1), "proto", "esp", "spi", "0x7fffff"}
	add := append([]string{"-n", space, "xfrm", "state", "add"}, association...)
	if err := machines.Command("ip", append(add, "mode", "transport", "aead", "rfc4106(gcm(aes))", key, "64")...); err != nil {
		return err
	}
	return machines.Command("ip", append([]string{"-n", space, "xfrm", "state", "delete"}, association...)...)
}

// Restart ends a node's engine, with its containers, and starts it again.
func (s *Swarm) Restart(tb testing.TB, node int) {
	tb.Helper()
	s.end(node)
	if err := s.begin(node); err != nil {
		tb.Fatal(err)
	}
}

func (s *Swarm) folder(node int) string { return filepath.Join(s.Dir, s.NodeName(node)) }

// pid is the process of a node's engine; 0 if there is none.
func (s *Swarm) pid(node int) int {
	text, err := os.ReadFile(filepath.Join(s.folder(node), "pid"))
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

// ready waits until an engine answers.
func (s *Swarm) ready(node int) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		e, err := docker.OpenAt(ctx, s.Host(node))
		if err == nil {
			e.Close()
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.folder(node), "log"))
			return fmt.Errorf("the engine of %s does not answer: %w\n%s", s.NodeName(node), err, log[max(0, len(log)-2000):])
		case <-time.After(100 * time.Millisecond):
		}
	}
}
