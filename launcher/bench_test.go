package launcher_test

import (
	"context"
	"testing"
	"time"

	"github.com/gochimera/chimera/launcher"
)

// BenchmarkProcess launches and stops four fake workers. built-s is the go
// command's part, start-s the time from there until all are ready, stop-s the
// end. The goals are start-s <= 0.1, and built-s + start-s <= 2 when
// everything must be linked.
func BenchmarkProcess(b *testing.B) {
	for _, bm := range []struct {
		name  string
		fresh bool // an empty cache for each launch, so that every worker is linked
	}{{"unchanged", false}, {"linked", true}} {
		b.Run(bm.name, func(b *testing.B) {
			var built, start, stop time.Duration
			var ready time.Time
			once := func() {
				if bm.fresh {
					b.Setenv("CHIMERA_CACHE", b.TempDir())
				}
				p := plan("tree1", "tree2", "tree3", "tree4")
				p.Observe = func(e launcher.Event) {
					switch e.Kind {
					case launcher.Built:
						built += e.Elapsed
						ready = time.Now()
					case launcher.Stopped:
						stop += e.Elapsed
					default:
					}
				}
				fleet, err := launcher.Process{}.Launch(context.Background(), p)
				if err != nil {
					b.Fatal(err)
				}
				start += time.Since(ready)
				if err := fleet.Stop(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			once() // so that the standard library and, unless fresh, the workers are built
			built, start, stop = 0, 0, 0
			for b.Loop() {
				once()
			}
			for unit, d := range map[string]time.Duration{"built-s": built, "start-s": start, "stop-s": stop} {
				b.ReportMetric(d.Seconds()/float64(b.N), unit)
			}
		})
	}
}
