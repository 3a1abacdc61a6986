package config_test

import (
	"strings"
	"testing"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
)

func TestThreshold(t *testing.T) {
	for yaml, want := range map[string]string{
		"learner: tree-classifier\nthreshold: 0.3\n": "",
		"learner: tree-classifier\nthreshold: 0\n":   "",
		"learner: tree-classifier\nthreshold: 1\n":   "c.yaml:3:12: threshold: want > 0 and < 1, got 1",
		"learner: tree-classifier\nthreshold: -1\n":  "c.yaml:3:12: threshold: want > 0 and < 1, got -1",
		"learner: ridge\nthreshold: 0.3\n":           "c.yaml:3:12: threshold: it decides between two classes, and ridge is for regression; remove it",
		"master: aggregation\nlearner: kmeans\n": "c.yaml:3:10: learner: an aggregation master cannot train kmeans: it is for clustering, without targets, " +
			"and such a master is for other tasks; these can: ",
		"master: parameter-server\nlearner: kmeans\n": "c.yaml:3:10: learner: a parameter-server master cannot train kmeans: it is for clustering",
		"learner: kmeans\nthreshold: 0.3\n":           "c.yaml:3:12: threshold: it decides between two classes, and kmeans is for clustering; remove it",
	} {
		cfg, err := config.Parse("c.yaml", []byte("workers: 1\n"+yaml), config.Options{Catalogue: catalogue.Shipped()})
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q", yaml, err, want)
		case want == "" && strings.Contains(yaml, "0.3") != (cfg.Threshold == 0.3):
			t.Errorf("%q: %v", yaml, cfg.Threshold)
		}
	}
}
