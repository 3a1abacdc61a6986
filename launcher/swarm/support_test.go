package swarm_test

import (
	"context"
	"testing"

	dockerswarm "github.com/docker/docker/api/types/swarm"

	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/swarm/swarmtest"
)

// availability changes what Swarm does with a node, until the end of the test.
func availability(t *testing.T, s *swarmtest.Swarm, node int, a dockerswarm.NodeAvailability) {
	t.Helper()
	engine, err := docker.OpenAt(context.Background(), s.Host(0))
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	api := engine.API()
	list, err := api.NodeList(context.Background(), dockerswarm.NodeListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range list {
		if n.Description.Hostname != s.NodeName(node) {
			continue
		}
		n.Spec.Availability = a
		if err := api.NodeUpdate(context.Background(), n.ID, n.Version, n.Spec); err != nil {
			t.Fatal(err)
		}
	}
}

// drain takes the workers from a node, until the end of the test.
func drain(t *testing.T, s *swarmtest.Swarm, node int) {
	t.Helper()
	availability(t, s, node, dockerswarm.NodeAvailabilityDrain)
	t.Cleanup(func() { availability(t, s, node, dockerswarm.NodeAvailabilityActive) })
}
