package cluster_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/masters/cluster"
)

// A program that keeps no files makes no certificate; it says so, and what to do.
func TestGivenCertificate(t *testing.T) {
	for yaml, want := range map[string]string{
		"tls: none":      "",
		"tls: generated": "security.tls: generated, and this program makes no certificates, since nothing would keep them; say files",
		"tls: files, certificate: none.crt, key: none.key": "security.certificate: there is no certificate for the master: ",
	} {
		cfg, err := config.Parse("c.yaml", []byte("learner: tree-classifier\nworkers: 1\nsecurity: {"+yaml+"}\n"), config.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		source, err := cluster.GivenCertificate(cfg, slog.New(slog.DiscardHandler))
		if source != nil || (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %q", yaml, source, err, want)
		}
	}
}
