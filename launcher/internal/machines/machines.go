// Package machines gives tests machines that are network namespaces of this one, joined by a bridge in one more, in which the tests run as on
// a machine of their own. Nothing of it is seen from outside. It needs root, ip and nsenter.
//
// The tests of launchers to which nodes matter share it (swarm, kubernetes). It imports the standard library only.
package machines

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Host is where the tests run; the other machines are 0, 1 and so on.
const Host = -1

// Net is machines and their wires.
type Net struct {
	Name  string // that the namespaces begin with; no two on this machine may have the same
	Count int    // of machines beside the tests'
}

// Subnet is that of the machines' addresses.
const Subnet = subnet + "0/24"

const subnet = "10.77.0."

// Space is the file of a machine's namespace.
func (n Net) Space(machine int) string { return filepath.Join("/run/netns", n.space(machine)) }

func (n Net) space(machine int) string { return fmt.Sprintf("%s-%d", n.Name, machine+1) }

// Address is a machine's; each sees all others there.
func (n Net) Address(machine int) string {
	if machine == Host {
		return subnet + "1"
	}
	return subnet + strconv.Itoa(10+machine)
}

// HostName is what a machine is called.
func (n Net) HostName(machine int) string { return "node" + strconv.Itoa(machine+1) }

// Make makes the namespaces and the wires. Remove is to be called also if it fails.
func (n Net) Make() error {
	host := n.space(Host)
	lines := [][]string{
		{"netns", "add", host}, {"-n", host, "link", "set", "lo", "up"}, {"-n", host, "link", "add", "wires", "type", "bridge"},
		{"-n", host, "addr", "add", n.Address(Host) + "/24", "dev", "wires"}, {"-n", host, "link", "set", "wires", "up"},
	}
	for i := range n.Count {
		space, wire := n.space(i), n.HostName(i)
		lines = append(lines, [][]string{
			{"netns", "add", space}, {"-n", space, "link", "set", "lo", "up"},
			{"link", "add", wire, "netns", host, "type", "veth", "peer", "name", "eth0", "netns", space},
			{"-n", host, "link", "set", wire, "master", "wires", "up"},
			{"-n", space, "addr", "add", n.Address(i) + "/24", "dev", "eth0"}, {"-n", space, "link", "set", "eth0", "up"},
			{"-n", space, "route", "add", "default", "via", n.Address(Host)},
		}...)
	}
	for _, line := range lines {
		if err := Command("ip", line...); err != nil {
			return err
		}
	}
	return nil
}

// Remove removes what Make made, and says nothing of what it had not made.
func (n Net) Remove() {
	for i := Host; i < n.Count; i++ {
		_ = Command("ip", "netns", "del", n.space(i)) // there may be none
	}
}

// Wire cuts a machine's wire, or joins it again.
func (n Net) Wire(machine int, up bool) error {
	state := "down"
	if up {
		state = "up"
	}
	return Command("ip", "-n", n.space(Host), "link", "set", n.HostName(machine), state)
}

// Command runs a program to its end.
func Command(name string, args ...string) error {
	_, err := Output(name, args...)
	return err
}

// Output is what a program says; the error has it too.
func Output(name string, args ...string) (string, error) {
	out, err := exec.CommandContext(context.Background(), name, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}
