package swarm_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	dockerswarm "github.com/docker/docker/api/types/swarm"

	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/swarm/swarmtest"
)

// update changes what the swarm knows of a node.
func update(tb testing.TB, s *swarmtest.Swarm, node int, change func(*dockerswarm.NodeSpec)) {
	tb.Helper()
	engine, err := docker.OpenAt(context.Background(), s.Host(0))
	if err != nil {
		tb.Fatal(err)
	}
	defer engine.Close()
	api := engine.API()
	for {
		list, err := api.NodeList(context.Background(), dockerswarm.NodeListOptions{})
		if err != nil {
			tb.Fatal(err)
		}
		i := slices.IndexFunc(list, func(n dockerswarm.Node) bool { return n.Description.Hostname == s.NodeName(node) })
		if i < 0 {
			tb.Fatalf("the swarm has no %s", s.NodeName(node))
		}
		n := list[i]
		change(&n.Spec)
		err = api.NodeUpdate(context.Background(), n.ID, n.Version, n.Spec)
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "update out of sequence") { // the node has reported something in the meantime
			tb.Fatal(err)
		}
	}
}

// availability changes what Swarm does with a node.
func availability(tb testing.TB, s *swarmtest.Swarm, node int, a dockerswarm.NodeAvailability) {
	tb.Helper()
	update(tb, s, node, func(spec *dockerswarm.NodeSpec) { spec.Availability = a })
}

// drain takes the workers from a node, until the end of the test.
func drain(tb testing.TB, s *swarmtest.Swarm, node int) {
	tb.Helper()
	availability(tb, s, node, dockerswarm.NodeAvailabilityDrain)
	tb.Cleanup(func() { availability(tb, s, node, dockerswarm.NodeAvailabilityActive) })
}
