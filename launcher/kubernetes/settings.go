package kubernetes

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/gobuild"
)

// settings are those of chimera.yaml, as this package uses them.
type settings struct {
	config.Kubernetes
	registry    string
	target      gobuild.Target
	selector    map[string]string
	tolerations []corev1.Toleration
	byDefault   map[string]bool // workers, by name, whose cpu_shares nobody has given
}

// newSettings reads a configuration, which may be nil.
func newSettings(cfg *config.Config) (settings, error) {
	s := settings{Kubernetes: config.Kubernetes{Reach: config.ReachAuto, Apply: true, Rows: config.RowsImage}, byDefault: map[string]bool{}}
	if cfg != nil {
		s.Kubernetes, s.registry = cfg.Kubernetes, cfg.Images.Registry
		for i, w := range cfg.Workers {
			s.byDefault[w.Name] = !cfg.Given(fmt.Sprintf("workers[%d].cpu_shares", i))
		}
	}
	s.target = gobuild.Target{OS: "linux", Arch: cmp.Or(s.Arch, runtime.GOARCH)}
	// What runs the pods must be able to run the program.
	s.selector = map[string]string{corev1.LabelOSStable: s.target.OS, corev1.LabelArchStable: s.target.Arch}
	for _, text := range s.NodeSelector {
		label, err := config.ParseLabel(text)
		if err != nil {
			return settings{}, err
		}
		s.selector[label.Key] = label.Value
	}
	for _, text := range s.Tolerations {
		t, err := config.ParseToleration(text)
		if err != nil {
			return settings{}, err
		}
		made := corev1.Toleration{Key: t.Key, Value: t.Value, Effect: corev1.TaintEffect(t.Effect), Operator: corev1.TolerationOpEqual}
		if t.Any {
			made.Operator = corev1.TolerationOpExists
		}
		s.tolerations = append(s.tolerations, made)
	}
	s.leaveLostNodes()
	return s, nil
}

// leaveAfter is for how many seconds a pod stays at a node that the cluster hears nothing of. Without it a cluster takes 300, while which a fit waits.
const leaveAfter int64 = 15

// leaveLostNodes has pods leave a node that is lost, unless chimera.yaml says how long they tolerate that.
func (s *settings) leaveLostNodes() {
	for _, key := range []string{corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable} {
		if slices.ContainsFunc(s.tolerations, func(t corev1.Toleration) bool { return t.Key == key }) {
			continue
		}
		seconds := leaveAfter
		s.tolerations = append(s.tolerations, corev1.Toleration{
			Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &seconds,
		})
	}
}
