package serving

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/certificate"
	"github.com/gochimera/chimera/internal/httpserver"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/registry"
)

// stopGrace is for requests that are being answered when the program ends.
const stopGrace = 5 * time.Second

// Address is where a program that listens with l, at host, is reached.
func Address(host string, l net.Listener) string {
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "http://" + l.Addr().String()
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Run serves a model with l until ctx ends, and says where as soon as it does: on out, or in the log if out is nil. ready, if it is
// not nil, is called once the model answers; its error ends the program. l is closed when Run returns. Host and Log of o
// are as the program was told; URL follows from l.
func Run(ctx context.Context, m *Model, l net.Listener, o Options, out io.Writer, ready func(ctx context.Context, url string) error) (err error) {
	defer func() { err = errors.Join(err, closeOnce(l)) }()
	o.URL, o.at = Address(o.Host, l), l.Addr()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Registry == nil {
		o.Registry = registry.Default
	}
	if o.certificate, err = o.secured(m); err != nil {
		return err
	}
	if o.certificate != nil {
		o.URL = strings.Replace(o.URL, "http://", "https://", 1)
	}
	s, err := Start(ctx, m, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	ended := context.AfterFunc(ctx, s.EndStreams)
	defer ended()
	var handler http.Handler = s
	if o.Handler != nil {
		handler = o.Handler(s.Server)
	}
	all, ctx := errgroup.WithContext(ctx)
	accepting := &acceptance{Listener: l, begun: make(chan struct{})}
	on := httpserver.Impatient(accepting, s.API.Limits().WriteTimeout)
	if o.certificate != nil {
		on = tls.NewListener(on, o.certificate.Config(s.guard.AsksCertificates()))
	}
	all.Go(func() error { return rest.ServeOn(ctx, on, handler, stopGrace, o.Log) })
	select {
	case <-accepting.begun:
		banner(ctx, m, o, out)
	case <-ctx.Done():
	}
	if ready != nil {
		all.Go(func() error {
			if err := ready(ctx, o.URL); err != nil && ctx.Err() == nil {
				return err
			}
			return nil
		})
	}
	return all.Wait()
}

// secured has the certificate of a program that talks TLS.
func (o *Options) secured(m *Model) (*certificate.Source, error) {
	cfg, err := o.config(m.Manifest)
	if err != nil {
		return nil, err
	}
	if o.Certificate == nil {
		return cluster.GivenCertificate(cfg, o.Log)
	}
	return o.Certificate(cfg, o.Host, o.Log)
}

// banner says where the model is served.
func banner(ctx context.Context, m *Model, o Options, out io.Writer) {
	one := m.Manifest
	if out == nil {
		o.Log.InfoContext(ctx, "the model is served", "model", one.ID, "project", one.Project, "kind", one.Kind, "rows", one.Model.Rows, "url", o.URL)
		return
	}
	_, _ = fmt.Fprintf(out, "Chimera: model %s of project %s (%s, %d rows)\n  master   %s\n  docs     %s/docs\n  predict  curl -X POST %s%s\n",
		one.ID, one.Project, one.Kind, one.Model.Rows, o.URL, o.URL, o.URL, api.PathsOf(one.Kind).Predict)
	_, _ = fmt.Fprintln(out, "Ready. Press Ctrl-C to stop.")
}

// acceptance is a listener that tells when its server begins to take connections.
type acceptance struct {
	net.Listener
	once  sync.Once
	begun chan struct{}
}

// Accept implements [net.Listener].
func (a *acceptance) Accept() (net.Conn, error) {
	a.once.Do(func() { close(a.begun) })
	return a.Listener.Accept()
}

// closeOnce closes a listener that a server may have closed already.
func closeOnce(l net.Listener) error {
	if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
