package swarm_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	dockerswarm "github.com/docker/docker/api/types/swarm"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/swarm"
	"github.com/gochimera/chimera/launcher/swarm/swarmtest"
)

// struck are the kinds of master that a fault strikes: without -faults one of them.
func struck(without string) []kind {
	return slices.DeleteFunc(slices.Clone(kinds), func(k kind) bool { return !*allFaults && k.name != without })
}

// label is what nodes must have to run the second worker.
const label = "side"

// placed has the first worker on the first node, and the second on those that have the label.
func placed(p *launcher.Plan) {
	overTwo(p)
	p.Workers[1].Placement = []string{"node.labels." + label + "==yes"}
}

// labelled says which nodes have the label.
func labelled(tb testing.TB, nodes *swarmtest.Swarm, which ...int) {
	tb.Helper()
	for node := range 2 {
		update(tb, nodes, node, func(spec *dockerswarm.NodeSpec) {
			spec.Labels = map[string]string{}
			if slices.Contains(which, node) {
				spec.Labels[label] = "yes"
			}
		})
	}
}

// nothingLeft fails the test if a project has something in the swarm or on an engine. An engine removes containers of services that
// have ended by itself, a while later.
func nothingLeft(tb testing.TB, nodes *swarmtest.Swarm, project string) {
	tb.Helper()
	if left, err := swarm.Down(context.Background(), nodes.Engine(tb, 0), project); err != nil || left.Services != nil || left.Networks != nil ||
		left.Secrets != nil || left.Configs != nil {
		tb.Errorf("left behind: %+v, %v", left, err)
	}
	for node := range 2 {
		engine := nodes.Engine(tb, node)
		await(tb, "no container is left on "+nodes.NodeName(node), func() bool { return len(containers(tb, engine, project, "", true)) == 0 })
	}
}

// long are settings by which a fit has so many steps that a fault strikes in the middle.
var long = map[string]map[string]string{
	"parameter-server": {"parameter_server.max_iter": "3000"}, "pipeline": {"pipeline.max_iter": "20"},
}

// lengthened is a kind whose fits are long.
func lengthened(k kind) kind {
	settings := maps.Clone(k.settings)
	maps.Copy(settings, long[k.name])
	k.settings = settings
	return k
}

// strike fits, and calls fault when the second worker stands still and the others wait for it, with what lets it go on. Workers that fit by
// themselves take no steps, so theirs stands still from the beginning. A fit that was over too soon is followed by another, which
// computes the same.
func (s *served) strike(nodes *swarmtest.Swarm, fault func(thaw func())) *client.FitResult {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*limit)
	defer cancel()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatalf("%v\n%s", err, s.log)
		}
	}
	second := s.second()
	container, engine := s.on(nodes, second, 1), nodes.Engine(s.t, 1).API()
	freeze := func() { must(engine.ContainerPause(ctx, container)) }
	thaw := func() { must(engine.ContainerUnpause(ctx, container)) }
	for {
		if s.kind.name == "aggregation" {
			freeze()
		}
		fit, err := s.client.StartFit(ctx)
		must(err)
		if s.kind.name != "aggregation" {
			must(s.client.Events(ctx, func(e client.Event) bool {
				step, is := e.Event.(api.StepEvent)
				return !is || step.FitID != fit || step.Step < 3
			}))
			freeze()
		}
		job, err := s.client.Job(ctx)
		must(err)
		running := job.State == api.FitRunning
		if running {
			fault(thaw)
		} else {
			thaw()
		}
		result, err := s.client.WaitFit(ctx, fit)
		must(err)
		if running {
			return result
		}
	}
}

// recovered fails the test if a fit met no fault.
func (s *served) recovered(r *client.FitResult) {
	s.t.Helper()
	if !s.log.says("is lost; waiting until it is back", "run="+r.FitID, "worker="+s.second()) || len(r.Failures) > 0 {
		s.t.Errorf("the fit has waited for no worker, or done without %v\n%s", r.Failures, s.log)
	}
}

// half waits until a wire has been cut for half a minute, if all faults strike. Without them it is joined as soon as Swarm has missed the node.
func half(since time.Time) {
	if *allFaults {
		time.Sleep(time.Until(since.Add(30 * time.Second)))
	}
}

// A fit whose worker is taken from its node, or whose node is cut off, goes on where the worker runs then, and computes the same to the bit. The worker
// of a node that was cut off had gone on: it is named in the log when the node is lost, ends when the wire is joined, and nothing that it says counts.
func TestFaultsInFit(t *testing.T) {
	nodes := swarmtest.Nodes(t)
	for _, k := range struck("parameter-server") {
		t.Run(k.name, func(t *testing.T) {
			k, rows := lengthened(k), t.TempDir()
			want := fitted(t, rows, k)
			labelled(t, nodes, 1)
			s := serve(t, rows, k, "swarm", withImages(nodes), placed)
			labelled(t, nodes, 0, 1)
			t.Cleanup(func() { availability(t, nodes, 1, dockerswarm.NodeAvailabilityActive) }) // if it fails
			s.recovered(s.strike(nodes, func(func()) {                                          // the engine lets go on what it ends
				availability(t, nodes, 1, dockerswarm.NodeAvailabilityDrain)
				s.runsAgain(s.second())
			}))
			s.on(nodes, s.second(), 0)
			s.same("a drain", want)

			availability(t, nodes, 1, dockerswarm.NodeAvailabilityActive)
			labelled(t, nodes, 1) // where Swarm brings it back to
			s.runsAgain(s.second())
			s.on(nodes, s.second(), 1)
			s.whole()
			labelled(t, nodes, 0, 1)
			s.recovered(s.strike(nodes, func(thaw func()) {
				cut := time.Now()
				nodes.Cut(t, 1)
				thaw()
				s.runsAgain(s.second())
				if n := len(s.places(nodes, s.second())); n != 2 {
					t.Errorf("worker %s runs %d times, want the old one and the new one", s.second(), n)
				}
				if !s.log.says("a worker's node does not answer", "worker="+s.second(), "node=node2", "its old worker is not asked any more") {
					t.Error("the log does not name the worker whose node is lost")
				}
				half(cut)
				nodes.Join(t, 1)
			}))
			s.on(nodes, s.second(), 0) // the old one ends
			s.same("a cut", want)
		})
	}
}

// A worker that may run on the lost node only is waited for until that is back, where Swarm starts another one in its place.
func TestCutAndJoinInFit(t *testing.T) {
	if !*allFaults {
		t.Skip("run by make swarm")
	}
	nodes := swarmtest.Nodes(t)
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			k, rows := lengthened(k), t.TempDir()
			want := fitted(t, rows, k)
			s := serve(t, rows, k, "swarm", withImages(nodes), overTwo)
			second := s.second()
			old := s.on(nodes, second, 1)
			s.recovered(s.strike(nodes, func(thaw func()) {
				cut := time.Now()
				nodes.Cut(t, 1)
				thaw()
				await(t, "the launcher has missed the node", func() bool { return s.log.says("a worker's node does not answer", "worker="+second) })
				half(cut)
				nodes.Join(t, 1)
				s.runsAgain(second)
			}))
			if s.on(nodes, second, 1) == old {
				t.Error("the old worker goes on")
			}
			if got := s.predictions(); !slices.Equal(got, want) {
				t.Errorf("the model predicts %v, want %v", got, want)
			}
		})
	}
}

// Where a lost worker is not waited for, and fewer are enough, the fit does without it, says so, and the others serve.
func TestCutWithQuorum(t *testing.T) {
	if !*allFaults {
		t.Skip("run by make swarm")
	}
	nodes := swarmtest.Nodes(t)
	k, rows := kinds[0], t.TempDir()
	settings := withImages(nodes)
	settings["aggregation.recovery_timeout"], settings["aggregation.quorum"] = "0s", "1"
	s := serve(t, rows, k, "swarm", settings, overTwo)
	second := s.second()
	result := s.strike(nodes, func(thaw func()) {
		nodes.Cut(t, 1)
		thaw()
	})
	if len(result.Failures) != 1 || result.Failures[0].Worker != second {
		t.Errorf("the fit did without %v, want %s", result.Failures, second)
	}
	nodes.Join(t, 1)
	s.runsAgain(second)
}
