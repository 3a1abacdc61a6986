package config_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera/config"
)

// What is given of security fits together, or the error says what lacks.
func TestSecurityTogether(t *testing.T) {
	for yaml, want := range map[string]string{
		"clients: token":                "",
		"clients: mtls, tls: generated": "",
		"clients: mtls, tls: files, certificate: a, key: b, authority: c": "",
		"clients: mtls": "security.clients: mtls, and security.tls is none: certificates are shown over TLS only; say tls: generated, or tls: files",
		"clients: mtls, tls: files, certificate: a, key: b": "security.clients: mtls, and there is no security.authority; name the file",
		"tls: files, certificate: a":                        "security.tls: files, and there is no security.key",
		"certificate: a":                                    "security.certificate: there is no TLS without security.tls",
		"workers: certificates":                             "security.workers: want one of mtls, token, none",
		"clients: everybody":                                "security.clients: want one of none, token, mtls",
	} {
		_, err := config.Parse("c.yaml", []byte("learner: tree-classifier\nworkers: 1\nsecurity: {"+yaml+"}\n"), config.Options{})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", yaml, err, want)
		}
	}
}

// Who issues the certificates of clients is the project itself, unless another is named.
func TestClientsAuthority(t *testing.T) {
	var got []string
	for _, yaml := range []string{"tls: generated", "tls: generated, authority: ours/ca.pem"} {
		cfg, err := config.Parse("c.yaml", []byte("learner: tree-classifier\nworkers: 1\nsecurity: {"+yaml+"}\n"), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Dir = "p"
		got = append(got, filepath.ToSlash(cfg.ClientsAuthority()))
	}
	if want := []string{"p/chimera_tls/ca.crt", "p/ours/ca.pem"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// What workers are known by follows the launcher, unless it is said; a launcher that hands out no identities can have none.
func TestWorkerSecurity(t *testing.T) {
	for yaml, want := range map[string]config.WorkerSecurity{
		"launcher: process": config.WorkersToken, "launcher: inprocess": config.WorkersToken, "launcher: docker": config.WorkersToken,
		"launcher: process\nsecurity: {workers: mtls}": config.WorkersMTLS, "launcher: docker\nsecurity: {workers: none}": config.WorkersNone,
		"launcher: swarm": config.WorkersMTLS,
	} {
		cfg, err := config.Parse("c.yaml", []byte("learner: tree-classifier\nworkers: 1\n"+yaml+"\n"), config.Options{})
		if err != nil {
			t.Errorf("%s: %v", yaml, err)
			continue
		}
		if got := cfg.WorkerSecurity(); got != want {
			t.Errorf("%s: %s, want %s", yaml, got, want)
		}
	}
	cfg, err := config.Parse("c.yaml", []byte("learner: tree-classifier\nlauncher: external\nworkers: [{name: a, url: 'http://127.0.0.1:1'}]\n"), config.Options{})
	if err != nil || cfg.WorkerSecurity() != config.WorkersNone {
		t.Errorf("external: %v, %v", cfg, err)
	}
}
