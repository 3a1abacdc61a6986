package chimera

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"time"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/internal/certificate"
	"github.com/gochimera/chimera/internal/httpserver"
)

// secured is where the master takes connections, over TLS if it is to.
func (s *session) secured() net.Listener {
	l := httpserver.Impatient(s.listener, time.Duration(s.config.Limits.WriteTimeout))
	if s.certificate == nil {
		return l
	}
	return tls.NewListener(l, s.certificate.Config(s.guard.AsksCertificates()))
}

func (s *session) scheme() string {
	if s.certificate == nil {
		return "http"
	}
	return "https"
}

// trusted is what programs on this machine know the master by; changed is called when it is something else.
func (s *session) trusted(changed func(trusted []byte)) []byte {
	if s.certificate == nil {
		return nil
	}
	return s.certificate.Trusted(changed)
}

// shown are the options of this program's own client: what it shows its master, and what it knows it by.
func shown(g *access.Guard, c *certificate.Source) (opts []client.Option) {
	if g != nil {
		opts = append(opts, client.WithToken(g.Local()))
	}
	if c != nil {
		opts = append(opts, client.WithTLS(c.Own()))
	}
	return opts
}

// trustedFile is the file by which clients know the master.
func (s *session) trustedFile() string {
	if s.config.Security.TLS == config.TLSGenerated {
		return filepath.Join(s.config.InProject(config.TLSFolder), certificate.AuthorityFile)
	}
	return s.config.InProject(s.config.Security.Certificate)
}

// trusting is what curl needs to know the master.
func (s *session) trusting() string {
	if s.certificate == nil || s.config.Security.TLS != config.TLSGenerated {
		return ""
	}
	return " --cacert " + s.trustedFile()
}
