package config_test

import (
	"testing"

	"github.com/gochimera/chimera/config"
)

func TestValidConstraint(t *testing.T) {
	for _, good := range []string{
		"node.hostname==node1", "node.id != 2ivku8v2gvtg4", "node.role==worker", "node.labels.disk==ssd", "node.platform.arch==x86_64",
		"engine.labels.operatingsystem==debian:12", "node.ip==10.0.0.0/24",
	} {
		if !config.ValidConstraint(good) {
			t.Errorf("%q is refused", good)
		}
	}
	for _, bad := range []string{"", "disk=ssd", "node.hostname=node1", "node.hostname==", "node.labels.==x", "host==a", "node.hostname==a b"} {
		if config.ValidConstraint(bad) {
			t.Errorf("%q is taken", bad)
		}
	}
}
