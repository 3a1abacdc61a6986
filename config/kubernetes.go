package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/gochimera/chimera/internal/setting"
)

// Kubernetes is what launcher: kubernetes has to know of the cluster.
type Kubernetes struct {
	Kubeconfig   string   `yaml:"kubeconfig"`
	Context      string   `yaml:"context"`
	Namespace    string   `yaml:"namespace" validate:"omitempty,dns_label"`
	Arch         string   `yaml:"arch" validate:"omitempty,oneof=amd64 arm64 arm ppc64le riscv64 s390x"`
	Reach        Reach    `yaml:"reach" default:"auto" validate:"oneof=auto forward names"`
	Apply        bool     `yaml:"apply" default:"true"`
	Rows         Rows     `yaml:"rows" default:"image" validate:"oneof=image claim"`
	NodeSelector []string `yaml:"node_selector" validate:"dive,required"`
	Tolerations  []string `yaml:"tolerations" validate:"dive,required"`
}

// Reach is how a master calls workers in a cluster.
type Reach string

// The ways to reach workers.
const (
	ReachAuto    Reach = "auto"
	ReachForward Reach = "forward"
	ReachNames   Reach = "names"
)

// Rows is where the rows of workers in a cluster are.
type Rows string

// The places of rows.
const (
	RowsImage Rows = "image"
	RowsClaim Rows = "claim"
)

// Docs says what each setting is.
func (Kubernetes) Docs() map[string]string {
	return map[string]string{
		"kubeconfig": "file that says where the cluster is and who calls it; without it KUBECONFIG or ~/.kube/config, and in a pod the pod's service account",
		"context":    "context of the kubeconfig; without it the current one",
		"namespace":  "where everything of the project is, which must exist; without it the context's",
		"arch": "architecture of the nodes that workers run on, as Go calls it; without it that of this machine; the workers are built for it, " +
			"and placed on such nodes only",
		"reach": "how the master calls workers: names, by their names in the cluster, for a master that runs there; forward, through the cluster's API server; " +
			"auto takes names in a pod, else forward",
		"apply": "whether the master makes the project's objects; if not, somebody has applied what `chimera manifests` writes, and the master only starts its " +
			"workers and ends them",
		"rows": "image, a worker's image has its rows; claim, they are in the PersistentVolumeClaim PROJECT-WORKER-rows, which you make and fill, and nothing " +
			"here removes",
		"node_selector": "labels that a node must have to run workers, each KEY=VALUE",
		"tolerations":   "taints of nodes that workers tolerate, as `kubectl taint` writes them: KEY=VALUE:EFFECT, KEY:EFFECT or KEY",
	}
}

// labelRule is what Kubernetes takes for KEY of a label or a taint, and valueRule for its value.
var (
	labelRule = regexp.MustCompile(`^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)
	valueRule = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$`)
)

// Label is KEY=VALUE of a node.
type Label struct{ Key, Value string }

// Toleration is a taint that workers tolerate. Any says that its value does not matter; without an Effect, all effects are meant.
type Toleration struct {
	Key, Value, Effect string
	Any                bool
}

// Effects are those of taints.
var effects = []string{"NoSchedule", "PreferNoSchedule", "NoExecute"}

// ParseLabel reads an entry of kubernetes.node_selector.
func ParseLabel(text string) (Label, error) {
	key, value, found := strings.Cut(text, "=")
	if !found || !labelRule.MatchString(key) || !valueRule.MatchString(value) {
		return Label{}, fmt.Errorf("want a label of a node, KEY=VALUE such as disk=ssd, got %s", setting.Quote(text))
	}
	return Label{key, value}, nil
}

// ParseToleration reads an entry of kubernetes.tolerations.
func ParseToleration(text string) (Toleration, error) {
	rest, effect, has := strings.Cut(text, ":")
	key, value, valued := strings.Cut(rest, "=")
	known := !has
	for _, e := range effects {
		known = known || e == effect
	}
	if !known || !labelRule.MatchString(key) || !valueRule.MatchString(value) {
		return Toleration{}, fmt.Errorf("want a taint, KEY=VALUE:EFFECT, KEY:EFFECT or KEY, where EFFECT is one of %s, got %s",
			strings.Join(effects, ", "), setting.Quote(text))
	}
	return Toleration{Key: key, Value: value, Effect: effect, Any: !valued}, nil
}

// checkKubernetes checks the settings of launcher: kubernetes, whatever the launcher is.
func (l *loader) checkKubernetes() {
	for i, text := range l.cfg.Kubernetes.NodeSelector {
		if _, err := ParseLabel(text); err != nil {
			l.fail(index("kubernetes.node_selector", i), err.Error(), "")
		}
	}
	for i, text := range l.cfg.Kubernetes.Tolerations {
		if _, err := ParseToleration(text); err != nil {
			l.fail(index("kubernetes.tolerations", i), err.Error(), "")
		}
	}
}
