package config

import (
	"path/filepath"
	"reflect"
)

// TokensFile is the file with the clients' tokens, absolute if the project has a folder.
func (c *Config) TokensFile() string {
	return c.InProject(c.Security.Tokens)
}

// ClientSecurity is by what a master knows its clients.
type ClientSecurity string

// The ways to know clients.
const (
	ClientsNone  ClientSecurity = "none"
	ClientsToken ClientSecurity = "token"
	ClientsMTLS  ClientSecurity = "mtls"
)

// ServingSecurity are the settings of security for a program that serves a model on its own: those of the environment, and else the defaults,
// since those of the model's chimera.yaml are of the project's machine. told reports whether the environment says by what clients are known.
func ServingSecurity(env func(string) (string, bool)) (settings []Override, told bool) {
	l := &loader{opts: Options{Env: env}}
	walk(reflect.TypeFor[Security](), "security", func(path string, f field) {
		if path == "security.workers" {
			return
		}
		settings = append(settings, Override{Field: path, Value: f.Default, Source: "the default of " + path})
		if text, given := l.variable(f.Env); given {
			settings = append(settings, Override{Field: path, Value: text, Source: f.Env})
			told = told || path == "security.clients"
		}
	})
	return settings, told
}

// TLSMode is how clients talk to a master.
type TLSMode string

// The ways to talk.
const (
	TLSNone      TLSMode = "none"
	TLSGenerated TLSMode = "generated"
	TLSFiles     TLSMode = "files"
)

// TLSFolder is the folder, from the project's, of the authority that tls: generated makes.
const TLSFolder = "chimera_tls"

// InProject is a path of a setting, from the project's folder unless it is absolute.
func (c *Config) InProject(path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.Dir, path)
}

// ClientsAuthority is the file with the certificates of those who issue clients' certificates: the project's own authority, if nothing else is given.
func (c *Config) ClientsAuthority() string {
	if c.Security.Authority == "" {
		return filepath.Join(c.InProject(TLSFolder), "ca.crt")
	}
	return c.InProject(c.Security.Authority)
}

// checkTLS checks that what is given of a certificate is used, and that what is used is given.
func (l *loader) checkTLS() {
	s := &l.cfg.Security
	if l.unusable("security.tls") {
		return
	}
	if s.Clients == ClientsMTLS && !l.unusable("security.clients") {
		switch {
		case s.TLS == TLSNone:
			l.fail("security.clients", "mtls, and security.tls is none: certificates are shown over TLS only", "say tls: generated, or tls: files")
		case s.TLS == TLSFiles && s.Authority == "":
			l.fail("security.clients", "mtls, and there is no security.authority", "name the file with the certificate of who issues those of clients")
		}
	}
	for _, given := range []struct{ path, value string }{{"security.certificate", s.Certificate}, {"security.key", s.Key}} {
		switch {
		case s.TLS == TLSFiles && given.value == "":
			l.fail("security.tls", "files, and there is no "+given.path, "name the file, or say generated")
		case given.value != "" && !l.given("security.tls"):
			l.fail(given.path, "there is no TLS without security.tls", "say tls: files")
		}
	}
}
