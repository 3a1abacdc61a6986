package bench_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/internal/certificate"
	"github.com/gochimera/chimera/internal/httpserver"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/registry"
)

// BenchmarkSecuredClient is a prediction by package client of a master that asks for a token and talks TLS, beside one of a master that does
// neither: at most 1.15 for 10,000 rows. A client that keeps its connection shakes hands once.
func BenchmarkSecuredClient(b *testing.B) {
	const token = "a-token-of-sixteen"
	d := shapes.Diabetes(1).Select(firstRows(10_000))
	log := slog.New(slog.DiscardHandler)
	guard, err := access.NewGuard(access.Lists{Text: "admin " + token}, log)
	if err != nil {
		b.Fatal(err)
	}
	source, err := certificate.Made(b.TempDir(), "bench", []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}, log)
	if err != nil {
		b.Fatal(err)
	}
	plain := asked(b, servedAt(b, nil, nil))
	guarded := asked(b, servedAt(b, guard, nil), client.WithToken(token))
	secured := asked(b, servedAt(b, guard, source), client.WithToken(token), client.WithCA(source.Trusted(nil)))
	for _, rows := range []int{1, 100, 10_000} {
		x, _ := d.X.Slice(0, rows, 0, len(d.Features)).(*mat.Dense)
		predict := func(c *client.Client) float64 {
			return median(timesOf(b, max(3, 2000/rows), func() error {
				_, err := c.Predict(b.Context(), d.Features, x)
				return err
			}))
		}
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			for b.Loop() {
				var plains, tokens, both []float64
				for range 11 { // in turns, so that what slows one slows all
					plains, tokens, both = append(plains, predict(plain)), append(tokens, predict(guarded)), append(both, predict(secured))
				}
				b.ReportMetric(median(plains)*1e6, "plain-us")
				b.ReportMetric(median(tokens)/median(plains), "token-ratio")
				b.ReportMetric(median(both)/median(plains), "tls-ratio")
				b.ReportMetric(slices.Min(both)/slices.Min(plains), "best-tls-ratio")
				b.ReportMetric(0, "ns/op") // of all turns
			}
		})
	}
}

// servedAt is the address of a parameter server with three workers in this process, which has fitted.
func servedAt(b *testing.B, guard *access.Guard, source *certificate.Source) (url string) {
	b.Helper()
	setup := sgdSetup(b, registry.Default, "sgd-classifier", 3, 50, shapes.Diabetes(1).Select(firstRows(6400)))
	setup.Guard = guard
	server, err := masters.NewServer(masters.NewParameterServer(), setup)
	if err != nil {
		b.Fatal(err)
	}
	server.Start(b.Context())
	b.Cleanup(server.Close)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	url, on := "http://"+plain.Addr().String(), httpserver.Impatient(plain, time.Minute)
	if source != nil {
		url, on = "https://"+plain.Addr().String(), tls.NewListener(on, source.Config(false))
	}
	ctx, stop := context.WithCancel(b.Context())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := rest.ServeOn(ctx, on, server, time.Second, slog.New(slog.DiscardHandler)); err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(func() {
		stop()
		serving.Wait()
	})
	return url
}

// asked is a client of a master, which it has told to fit.
func asked(b *testing.B, url string, opts ...client.Option) *client.Client {
	b.Helper()
	c, err := client.New(url, opts...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	if _, err := c.Fit(b.Context()); err != nil {
		b.Fatal(err)
	}
	return c
}
