package swarm_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	dockerswarm "github.com/docker/docker/api/types/swarm"
	"github.com/docker/docker/api/types/volume"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/swarm/swarmtest"
)

// Faults of all kinds for masters of all kinds take minutes; without the flag each fault strikes one of them.
var allFaults = flag.Bool("faults", false, "let every fault strike a project of each kind of master, and cut wires for half a minute")

// overTwo places the first worker on the first node, the second on the second, and others likewise.
func overTwo(p *launcher.Plan) {
	for i := range p.Workers {
		p.Workers[i].Placement = []string{fmt.Sprint("node.hostname==node", i%2+1)}
	}
}

// withImages are the settings by which the second node gets images.
func withImages(nodes *swarmtest.Swarm) map[string]string {
	return map[string]string{"swarm.nodes": `["` + nodes.Host(1) + `"]`}
}

// fitted is what a project predicts whose workers are processes of this machine, and are left in peace.
func fitted(t *testing.T, rows string, k kind) (predictions []float64) {
	t.Helper()
	t.Run("in peace", func(t *testing.T) {
		s := serve(t, rows, k, "process", nil, nil)
		s.fit()
		predictions = s.predictions()
	})
	return predictions
}

// rowsIn says where workers have their rows, of each kind of master in another place: in the image, in configs of the swarm, or in volumes.
func rowsIn(t *testing.T, nodes *swarmtest.Swarm, k kind) (settings map[string]string, change func(*launcher.Plan)) {
	t.Helper()
	settings = withImages(nodes)
	settings["swarm.data"] = map[string]string{"aggregation": "config", "parameter-server": "volume", "pipeline": "embed"}[k.name]
	return settings, func(p *launcher.Plan) {
		placed(p)
		if settings["swarm.data"] != "volume" {
			return
		}
		for _, w := range p.Workers {
			for node := range 2 {
				fill(t, nodes, node, p.Project+"-"+w.Name+"-rows", w.Data)
			}
		}
	}
}

// fill makes a volume on a node of what is in a folder, until the end of the test. Volumes are the user's: a launcher leaves them.
func fill(t *testing.T, nodes *swarmtest.Swarm, node int, name, folder string) {
	t.Helper()
	api := nodes.Engine(t, node).API()
	made, err := api.VolumeCreate(t.Context(), volume.CreateOptions{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := api.VolumeInspect(context.Background(), name); err != nil {
			t.Errorf("the user's volume %s: %v", name, err)
		}
		await(t, "the volume can be removed", func() bool { return api.VolumeRemove(context.Background(), name, true) == nil })
	})
	if err := os.CopyFS(made.Mountpoint, os.DirFS(folder)); err != nil { // the engine is on this machine
		t.Fatal(err)
	}
}

// Masters of each kind, with workers on two nodes that they know by certificates, compute the same to the bit as with processes of this
// machine, wherever the rows are. A model that serves answers so too after its worker's container was killed, after its node was drained,
// and after the engine of the swarm's manager was started again. When all is over, nothing is left on any node.
func TestMastersOverTwoNodes(t *testing.T) {
	nodes := swarmtest.Nodes(t)
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			rows := t.TempDir()
			want := fitted(t, rows, k)
			labelled(t, nodes, 1)
			settings, change := rowsIn(t, nodes, k)
			s := serve(t, rows, k, "swarm", settings, change)
			s.fit()
			s.same("the fit", want)
			for fault, of := range map[string]string{"kill": "aggregation", "drain": "pipeline", "restart": "parameter-server"} {
				if !*allFaults && of != k.name {
					continue
				}
				switch fault {
				case "kill":
					s.kill(nodes)
				case "drain":
					s.drain(nodes)
				case "restart":
					s.restart(nodes)
				}
				s.same(fault, want)
			}
			if err := s.fleet.Stop(context.Background()); err != nil {
				t.Error(err)
			}
			nothingLeft(t, nodes, s.project)
		})
	}
}

// same waits until all workers have the model, whose predictions must be those that are wanted.
func (s *served) same(after string, want []float64) {
	s.t.Helper()
	s.whole()
	if got := s.predictions(); !slices.Equal(got, want) {
		s.t.Errorf("after %s the model predicts %v, want %v", after, got, want)
	}
}

// second is the worker that nodes with the label run.
func (s *served) second() string { return s.fleet.Endpoints()[1].Name }

// kill kills the second worker's container, and waits until Swarm has started another one.
func (s *served) kill(nodes *swarmtest.Swarm) {
	s.t.Helper()
	at := s.somewhere(nodes, s.second())
	if err := nodes.Engine(s.t, at.node).API().ContainerKill(s.t.Context(), at.container, "KILL"); err != nil {
		s.t.Fatal(err)
	}
	s.runsAgain(s.second())
	if s.somewhere(nodes, s.second()).container == at.container {
		s.t.Error("the container was not killed")
	}
}

// drain drains the second worker's node, and waits until the worker runs on the other one alone.
func (s *served) drain(nodes *swarmtest.Swarm) {
	s.t.Helper()
	from := s.somewhere(nodes, s.second()).node
	labelled(s.t, nodes, 0, 1)
	availability(s.t, nodes, from, dockerswarm.NodeAvailabilityDrain)
	defer availability(s.t, nodes, from, dockerswarm.NodeAvailabilityActive)
	s.runsAgain(s.second())
	await(s.t, "the worker runs on the other node alone", func() bool {
		at := s.places(nodes, s.second())
		return len(at) == 1 && at[0].node != from
	})
}

// restart starts the engine of the manager again, and waits until its workers run again.
func (s *served) restart(nodes *swarmtest.Swarm) {
	s.t.Helper()
	again := map[string]bool{}
	for _, e := range s.fleet.Endpoints() {
		if s.somewhere(nodes, e.Name).node == 0 {
			again[e.Name] = true
		}
	}
	nodes.Restart(s.t, 0)
	late := time.After(limit)
	for len(again) > 0 {
		select {
		case worker := <-s.again:
			delete(again, worker)
		case <-late:
			s.t.Fatalf("workers %v do not run again after the manager's engine\n%s", slices.Collect(maps.Keys(again)), s.log)
		}
	}
}

// An overlay network that is encrypted carries what stages send each other.
func TestEncrypted(t *testing.T) {
	nodes := swarmtest.Nodes(t)
	if err := nodes.Encrypts(); err != nil {
		t.Skipf("SKIPPED: no encrypted overlay was tested, since this kernel cannot do what one needs: %v", err)
	}
	k, rows := kinds[2], t.TempDir()
	want := fitted(t, rows, k)
	settings := withImages(nodes)
	settings["swarm.encrypted"] = "true"
	s := serve(t, rows, k, "swarm", settings, overTwo)
	s.fit()
	s.same("a fit", want)
}
