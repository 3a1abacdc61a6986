package bench_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/bench/launchercost"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
)

// BenchmarkLaunchers is what each launcher of one machine costs a parameter server of three workers. Those of several machines have the same
// benchmark beside their tests.
func BenchmarkLaunchers(b *testing.B) {
	for _, how := range []config.Launcher{config.InprocessLauncher, config.ProcessLauncher, config.DockerLauncher, config.ExternalLauncher} {
		b.Run(string(how), func(b *testing.B) {
			settings, more := "", []string(nil)
			if how == config.ExternalLauncher {
				settings, more = "launcher: external\n", elsewhere(b)
			}
			if engine, err := docker.Open(b.Context()); err == nil {
				engine.Close()
			} else if how == config.DockerLauncher {
				b.Skipf("SKIPPED: nothing was measured, since no Docker engine answers: %v", err)
			}
			dir := launchercost.Project(b, "..", settings, more...)
			for b.Loop() {
				launchercost.Of(b, dir, 5, chimera.WithLauncher(string(how))).Report(b)
			}
		})
	}
}

// elsewhere starts the workers of such a project, as somebody else would, and says where they are.
func elsewhere(b *testing.B) (urls []string) {
	b.Helper()
	dir := launchercost.Project(b, "..", "security: {workers: none}\n")
	cfg, err := config.Load(config.Options{Dir: dir, Catalogue: catalogue.Shipped()})
	if err != nil {
		b.Fatal(err)
	}
	fleet, err := launcher.Process{}.Launch(b.Context(), launcher.PlanOf(cfg, "bench", slog.LevelWarn, nil))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := fleet.Stop(context.Background()); err != nil {
			b.Error(err)
		}
	})
	for _, e := range fleet.Endpoints() {
		urls = append(urls, fmt.Sprintf("url: %q", e.URL))
	}
	return urls
}
