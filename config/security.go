package config

import (
	"fmt"
)

// Security is by what nodes know who calls them.
type Security struct {
	Workers WorkerSecurity `yaml:"workers" otherwise:"what the launcher prefers" env:"CHIMERA_SECURITY_WORKERS" validate:"omitempty,oneof=mtls token none"`
	Clients ClientSecurity `yaml:"clients" default:"none" env:"CHIMERA_SECURITY_CLIENTS" validate:"oneof=none token mtls"`
	Tokens  string         `yaml:"tokens" default:"chimera_tokens" env:"CHIMERA_TOKENS_FILE" validate:"required"`

	Authority string `yaml:"authority" env:"CHIMERA_CLIENTS_AUTHORITY"`

	TLS         TLSMode `yaml:"tls" default:"none" env:"CHIMERA_TLS" validate:"oneof=none generated files"`
	Certificate string  `yaml:"certificate" env:"CHIMERA_TLS_CERTIFICATE"`
	Key         string  `yaml:"key" env:"CHIMERA_TLS_KEY"`
}

// Docs says what each setting is.
func (Security) Docs() map[string]string {
	return map[string]string{
		"workers": "by what a master and its workers know each other: mtls, certificates of both on encrypted connections; token, a secret in every " +
			"request, which is plain HTTP; none, they trust whoever reaches them. With launcher: process, inprocess or docker it is token; with swarm or " +
			"kubernetes mtls; with external none",
		"clients": "by what a master knows its clients: token, a secret in every request, which has the role predict or admin; mtls, a certificate that says the " +
			"role (`chimera certificate` makes one), over TLS; none, whoever reaches it may do everything. " +
			"A master that listens on more than its own machine does not start unless this is given",
		"tokens": "the file with the clients' tokens, absolute or from the project folder, to which `chimera token` adds; the master notices when it " +
			"changes. CHIMERA_TOKENS has further lines",
		"authority": "the file with the certificates of those who issue the clients' certificates, with clients: mtls, as PEM; without it the project's own, of " +
			"tls: generated",
		"tls": "whether clients talk to a master over TLS: none; generated, by a certificate of an authority of the project's own, whose certificate for clients " +
			"is chimera_tls/ca.crt; files, by certificate and key",
		"certificate": "the file with the master's certificate and those between it and its authority, with tls: files, as PEM; absolute or from the project " +
			"folder. The master notices when it changes",
		"key": "the file with the key of that certificate, as PEM",
	}
}

// WorkerSecurity is by what a master and its workers know each other.
type WorkerSecurity string

// The ways to know each other.
const (
	WorkersMTLS  WorkerSecurity = "mtls"
	WorkersToken WorkerSecurity = "token"
	WorkersNone  WorkerSecurity = "none"
)

// WorkerSecurity is by what the master and its workers know each other: as chimera.yaml says, or else as the launcher prefers.
func (c *Config) WorkerSecurity() WorkerSecurity {
	if c.Security.Workers != "" {
		return c.Security.Workers
	}
	if prefers := c.Launcher.traits().Security; prefers != "" {
		return prefers
	}
	return WorkersNone
}

// checkSecurity checks that the launcher can give identities to workers.
func (l *loader) checkSecurity() {
	if l.unusable("security.workers") || l.unusable("launcher") || !knownLauncher(string(l.cfg.Launcher)) {
		return
	}
	how, traits := l.cfg.Security.Workers, l.cfg.Launcher.traits()
	if how == "" || how == WorkersNone || traits.Security != "" {
		return
	}
	l.fail("security.workers", fmt.Sprintf("the %s launcher gives workers nothing by which they could be known", l.cfg.Launcher),
		"set it to none, or choose another launcher")
}
