package docker

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/docker/docker/api/types/versions"
	"github.com/docker/docker/client"

	"github.com/gochimera/chimera/internal/gobuild"
)

// oldestAPI is that of engine 20.10.
const oldestAPI = "1.41"

// Engine is a Docker engine, here or on another machine. It is safe for use by
// several goroutines. Close it after use.
type Engine struct {
	api    *client.Client
	host   string         // as in DOCKER_HOST
	target gobuild.Target // what its containers run
}

// Open connects to the engine of DOCKER_HOST, of DOCKER_CONTEXT, of the
// context in use, or of this machine, in this order. The error is an
// *EngineError if there is none that can be used.
func Open(ctx context.Context) (*Engine, error) {
	opts, err := clientOptions(os.Getenv)
	if err != nil {
		return nil, err
	}
	return open(ctx, opts)
}

// OpenAt connects to the engine at an address, as DOCKER_HOST gives it, with the certificates of DOCKER_CERT_PATH. Errors
// are as those of [Open].
func OpenAt(ctx context.Context, host string) (*Engine, error) {
	return open(ctx, []client.Opt{client.FromEnv, client.WithHost(host)})
}

func open(ctx context.Context, opts []client.Opt) (*Engine, error) {
	api, err := client.NewClientWithOpts(append(opts, client.WithAPIVersionNegotiation())...)
	if err != nil {
		return nil, badAddress(err)
	}
	e := &Engine{api: api, host: api.DaemonHost()}
	if strings.HasPrefix(e.host, "ssh:") {
		e.Close()
		return nil, &EngineError{Host: e.host, Problem: "is reached by ssh, and ssh is not supported",
			Advice: "have it listen with TLS, and set DOCKER_HOST to tcp://...:2376 and DOCKER_CERT_PATH"}
	}
	if err := e.meet(ctx); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// badAddress explains an engine's address that cannot be read.
func badAddress(err error) error {
	return fmt.Errorf("the Docker engine's address: %w; want unix://, npipe:// or tcp:// in DOCKER_HOST", err)
}

// meet finds out what the engine is.
func (e *Engine) meet(ctx context.Context) error {
	if _, err := e.api.Ping(ctx); err != nil {
		return unreachable(e.host, err)
	}
	e.api.NegotiateAPIVersion(ctx)
	v, err := e.api.ServerVersion(ctx)
	if err != nil {
		return unreachable(e.host, err)
	}
	if used := e.api.ClientVersion(); versions.LessThan(used, oldestAPI) {
		advice := "update it to 20.10 (API " + oldestAPI + ") or newer"
		if os.Getenv("DOCKER_API_VERSION") != "" {
			advice = "unset DOCKER_API_VERSION, or set it to " + oldestAPI + " or higher"
		}
		return &EngineError{Host: e.host, Problem: fmt.Sprintf("(version %s) is used by API %s", v.Version, used), Advice: advice}
	}
	if v.Os != "linux" {
		return &EngineError{Host: e.host, Problem: "runs " + v.Os + " containers", Advice: "switch it to Linux containers"}
	}
	e.target = gobuild.Target{OS: v.Os, Arch: v.Arch}
	return nil
}

// Platform is what the engine's containers run, as GOOS and GOARCH name it.
func (e *Engine) Platform() (system, architecture string) { return e.target.OS, e.target.Arch }

// API is the engine's client, for what this package does not do itself. It is closed with the engine.
func (e *Engine) API() *client.Client { return e.api }

// Explain adds what to do to an engine's error, where that is known.
func (e *Engine) Explain(err error) error { return e.explain(err) }

// Close ends the connection.
func (e *Engine) Close() { _ = e.api.Close() } // it only closes idle connections

// has reports whether the engine's API has what version brought.
func (e *Engine) has(version string) bool {
	return versions.GreaterThanOrEqualTo(e.api.ClientVersion(), version)
}

// remote is the host of an engine on another machine; "" if it is on this one.
func (e *Engine) remote() string {
	u, err := url.Parse(e.host)
	if err != nil || u.Scheme == "unix" || u.Scheme == "npipe" {
		return ""
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return ""
	}
	return host
}

// address is where a worker's port binds on the engine's machine, and the host
// at which this program reaches it.
func (e *Engine) address(ctx context.Context, host string) (bind netip.Addr, reach string, err error) {
	bind, err = netip.ParseAddr(host)
	if err != nil {
		found, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
		if err != nil {
			return bind, "", fmt.Errorf("endpoints.host %s is no address: %w", host, err)
		}
		bind = found[0].Unmap()
	}
	remote := e.remote()
	switch {
	case remote != "" && bind.IsLoopback():
		return bind, "", &EngineError{Host: e.host, Problem: "is on another machine", Advice: fmt.Sprintf(
			"the workers' ports on its %s cannot be reached from here; set endpoints.host (CHIMERA_WORKERS_HOST) "+
				"to an address of that machine, or to 0.0.0.0 in a network that you trust", bind)}
	case !bind.IsUnspecified():
		return bind, bind.String(), nil
	case remote != "":
		return bind, remote, nil
	case bind.Is4():
		return bind, "127.0.0.1", nil
	default:
		return bind, "::1", nil
	}
}

// trimName is a container's name as a person writes it.
func trimName(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return strings.TrimPrefix(names[0], "/")
}

// toItsEnd is the context of a call that makes something: it goes on after ctx has ended, since an engine that nobody listens
// to any more may make the thing when all has been removed; but not for longer than a clean-up may take.
func toItsEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		patience, stopped := context.WithTimeout(lasting, removeTime)
		defer stopped()
		<-patience.Done()
		cancel()
	})
	return lasting, func() { stop(); cancel() }
}
