package swarm_test

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/bench/launchercost"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/swarm/swarmtest"
)

// BenchmarkStep is a step of a parameter server whose two workers are on two nodes of a swarm, beside one with two containers of launcher:
// docker on one node: the median of 2,000 steps, in turns, with certificates in both.
func BenchmarkStep(b *testing.B) {
	nodes := swarmtest.Nodes(b)
	k := kinds[1]
	k.settings = maps.Clone(k.settings)
	k.settings["parameter_server.max_iter"] = "2000"
	rows := b.TempDir()
	two := serve(b, rows, k, "swarm", withImages(nodes), overTwo)
	one := serve(b, rows, k, "docker", map[string]string{"security.workers": "mtls"}, func(p *launcher.Plan) {
		p.Project, p.Network.Name = "bench-one-node", "bench-one-node"
		for i := range p.Workers {
			p.Workers[i].Host = nodes.AddressOf(0) // its loopback is not this machine's
		}
	})
	step := func(s *served) float64 {
		report := s.fit().Training
		var took []float64
		for i := 1; i < len(report.Seconds); i++ {
			took = append(took, report.Seconds[i]-report.Seconds[i-1])
		}
		return median(took)
	}
	step(two)
	step(one)
	for b.Loop() {
		var twos, ones []float64
		for range 5 {
			twos, ones = append(twos, step(two)), append(ones, step(one))
		}
		b.ReportMetric(median(twos)*1e3, "swarm-ms")
		b.ReportMetric(median(ones)*1e3, "docker-ms")
		b.ReportMetric(median(twos)/median(ones), "ratio")
		b.ReportMetric(0, "ns/op") // of all turns
	}
}

// BenchmarkImages is how long it takes, from when they are built, until four workers on two nodes are ready whose images the nodes fetch from this
// program, beside as many on one node, whose engine is given the images. images-s is until the last worker's container is made: by then
// all images have come to their nodes.
func BenchmarkImages(b *testing.B) {
	nodes := swarmtest.Nodes(b)
	launchTime(b, nodes, false) // so that the workers are built
	for b.Loop() {
		var fetched, images, given []float64
		for range 3 {
			f, i := launchTime(b, nodes, false)
			g, _ := launchTime(b, nodes, true)
			fetched, images, given = append(fetched, f), append(images, i), append(given, g)
		}
		b.ReportMetric(median(images), "images-s")
		b.ReportMetric(median(fetched), "ready-s")
		b.ReportMetric(median(given), "one-node-s")
		b.ReportMetric(median(fetched)/median(given), "ratio")
		b.ReportMetric(0, "ns/op") // of all turns
	}
}

// launchTime launches the four workers of an example, whose images no node has then or afterwards.
func launchTime(b *testing.B, nodes *swarmtest.Swarm, one bool) (ready, images float64) {
	b.Helper()
	k := kind{"aggregation", "examples/bagging", kinds[0].master, nil}
	if one {
		availability(b, nodes, 1, "drain")
		defer availability(b, nodes, 1, "active")
	}
	engines := []*docker.Engine{nodes.Engine(b, 0), nodes.Engine(b, 1)}
	var built, last, made time.Time
	launched := make(chan struct{})
	var watching sync.WaitGroup
	s := serve(b, b.TempDir(), k, "swarm", withImages(nodes), func(p *launcher.Plan) {
		if !one {
			overTwo(p)
		}
		p.Observe = func(e launcher.Event) {
			switch e.Kind {
			case launcher.Built:
				built = time.Now()
			case launcher.Ready:
				last = time.Now()
			default:
			}
		}
		watching.Go(func() {
			for known := 0; known < len(p.Workers); {
				n := 0
				for _, e := range engines {
					n += len(containers(b, e, p.Project, "", true))
				}
				if n > known {
					known, made = n, time.Now()
				}
				select {
				case <-launched:
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		})
	})
	close(launched)
	watching.Wait()
	if err := s.fleet.Stop(context.Background()); err != nil {
		b.Error(err)
	}
	nothingLeft(b, nodes, s.project)
	for _, e := range engines {
		if _, err := e.Down(context.Background(), s.project); err != nil { // the images
			b.Error(err)
		}
	}
	return last.Sub(built).Seconds(), made.Sub(built).Seconds()
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// BenchmarkCosts is what the launcher costs a parameter server of three workers on two nodes.
func BenchmarkCosts(b *testing.B) {
	nodes := swarmtest.Nodes(b)
	dir := launchercost.Project(b, filepath.Join("..", ".."), "")
	for b.Loop() {
		launchercost.Of(b, dir, 3, chimera.WithLauncher("swarm"), chimera.WithSetting("swarm.nodes", withImages(nodes)["swarm.nodes"])).Report(b)
	}
}
