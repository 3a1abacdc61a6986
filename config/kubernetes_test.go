package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/config"
)

func TestKubernetesSettings(t *testing.T) {
	cfg := parse(t, `learner: tree-classifier
workers: 2
launcher: kubernetes
images: {registry: registry.example.org:5000/me/models}
kubernetes: {namespace: ml, node_selector: [disk=ssd], tolerations: ["gpu=yes:NoSchedule"]}
`, config.Options{})
	want := config.Kubernetes{
		Namespace: "ml", Reach: config.ReachAuto, Apply: true, Rows: config.RowsImage,
		NodeSelector: []string{"disk=ssd"}, Tolerations: []string{"gpu=yes:NoSchedule"},
	}
	if d := cmp.Diff(want, cfg.Kubernetes); d != "" {
		t.Error(d)
	}
	if cfg.Images.Registry != "registry.example.org:5000/me/models" {
		t.Errorf("the registry is %q", cfg.Images.Registry)
	}
	for yaml, says := range map[string]string{
		"images: {registry: 'https://r.example.org'}":         "want a registry and what stands before the names in it",
		"images: {registry: r.example.org/}":                  "want a registry and what stands before the names in it",
		"kubernetes: {node_selector: [ssd]}":                  `want a label of a node, KEY=VALUE such as disk=ssd, got "ssd"`,
		"kubernetes: {node_selector: ['disk=a b']}":           "want a label of a node",
		"kubernetes: {tolerations: ['gpu=yes:NoScheduling']}": "want a taint, KEY=VALUE:EFFECT",
		"kubernetes: {tolerations: ['=yes']}":                 "want a taint, KEY=VALUE:EFFECT",
		"kubernetes: {namespace: Ml}":                         "want lower-case letters",
		"kubernetes: {reach: luck}":                           "want one of auto, forward, names",
	} {
		_, err := config.Parse("c.yaml", []byte("workers: 2\nlearner: tree-classifier\n"+yaml+"\n"), config.Options{})
		if err == nil || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), "c.yaml:3:") {
			t.Errorf("%s: %v, want %q at line 3", yaml, err, says)
		}
	}
}

func TestParseToleration(t *testing.T) {
	for text, want := range map[string]config.Toleration{
		"gpu=yes:NoSchedule":         {Key: "gpu", Value: "yes", Effect: "NoSchedule"},
		"gpu=:NoExecute":             {Key: "gpu", Effect: "NoExecute"},
		"example.org/gpu:NoSchedule": {Key: "example.org/gpu", Effect: "NoSchedule", Any: true},
		"spot":                       {Key: "spot", Any: true},
	} {
		if got, err := config.ParseToleration(text); err != nil || got != want {
			t.Errorf("%s is %+v, %v; want %+v", text, got, err, want)
		}
	}
}

// A cluster gives its pods addresses: those of network: do not limit how many there are.
func TestKubernetesNeedsNoAddresses(t *testing.T) {
	const many = "workers: 300\nlearner: tree-classifier\nlauncher: "
	if _, err := config.Parse("c.yaml", []byte(many+"docker\n"), config.Options{}); err == nil || !strings.Contains(err.Error(), "has addresses for 253 workers") {
		t.Errorf("docker: %v", err)
	}
	if _, err := config.Parse("c.yaml", []byte(many+"kubernetes\n"), config.Options{}); err != nil {
		t.Error(err)
	}
}
