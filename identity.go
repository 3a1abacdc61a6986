package chimera

import (
	"context"
	"net"
	"net/url"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/identity"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/masters"
)

// identify makes what the master and its workers know each other by.
func (s *session) identify() (err error) {
	how := s.config.WorkerSecurity()
	switch {
	case how == config.WorkersNone:
		return nil
	case s.startsNothing():
		s.identity, err = identity.Open(s.config.Dir, s.config.Project, identity.Mode(how))
		return err
	default:
		s.identity, err = identity.New(s.config.Project, identity.Mode(how))
		return err
	}
}

// issuer is the identity as launchers see it.
func (s *session) issuer() launcher.Identity {
	if s.identity == nil {
		return nil
	}
	return s.identity
}

// identityOf reads what a launcher has issued for a worker of this program; nil if it has not.
func identityOf(w launcher.Worker) (identity.Known, error) {
	if w.Secret == nil {
		return nil, nil
	}
	return identity.Read(w.Secret)
}

// warnOfTheWire says that others may listen, or call workers, where these can be reached from other machines.
func (s *session) warnOfTheWire(ctx context.Context, members []masters.Endpoint) {
	how := s.config.WorkerSecurity()
	if how == config.WorkersMTLS {
		return
	}
	for _, m := range members {
		at, err := url.Parse(m.URL)
		if err != nil || isLoopback(at.Hostname()) && (s.startsNothing() || !s.onNetwork()) {
			continue
		}
		reason := "whoever reaches this worker can use it, and whoever is on the way can read and change what it says"
		if how == config.WorkersToken {
			reason = "whoever is on the way can read and change what this worker says, and the token by which it is called"
		}
		s.log.WarnContext(ctx, "the wire to a worker is not secured", "worker", m.Name, "url", m.URL, "security.workers", how, "reason", reason)
		return // once
	}
}

// onNetwork reports whether the workers that are started listen to more than this machine.
func (s *session) onNetwork() bool {
	info, known := config.LookupLauncher(string(s.config.Launcher))
	return !isLoopback(s.config.Endpoints.Host) || known && info.Security == config.WorkersMTLS // a launcher that prefers it crosses machines
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// renew keeps the workers' certificates from running out, until ctx ends.
func (s *session) renew(ctx context.Context, fleet launcher.Fleet) {
	if s.identity == nil {
		return
	}
	s.identity.Tend(ctx, s.log, func() map[string]string {
		at := map[string]string{}
		for _, e := range fleet.Endpoints() {
			at[e.Name] = e.URL
		}
		return at
	})
}
