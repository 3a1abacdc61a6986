package kubernetes

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/gobuild"
	"github.com/gochimera/chimera/launcher"
)

// known is an identity of which only the name of the scheme counts.
type known struct{}

func (known) Scheme() string                            { return "https" }
func (known) Issue(worker string) ([]byte, error)       { return []byte("secret of " + worker), nil }
func (known) Transport(worker string) http.RoundTripper { return nil }

// example is a project of one worker, as a launch has it.
func example(t *testing.T, yaml string) *project {
	t.Helper()
	cfg, err := config.Parse("c.yaml", []byte("workers: 1\nlearner: tree-classifier\nlauncher: kubernetes\n"+yaml), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSettings(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &project{Plan: launcher.Plan{
		Project: "iris", Version: "v0.0.0+test", Identity: known{}, StopGrace: launcher.DefaultStopGrace, Network: launcher.Network{Port: 80},
		Workers: []launcher.Worker{{
			Name: "tree1", Data: "/somewhere/tree1", CPUs: 1.5, CPUShares: 512, Memory: 256 << 20,
			Env: []string{"GOMAXPROCS=2", "A=b$(HOME)", `CHIMERA_WORKERS_ALLOWED_HOSTS=["gpu1.example.org"]`, "CHIMERA_WORKERS_PORT=1"},
		}},
	}, settings: s, home: "ml", run: "r"}
}

// The restricted Pod Security Standard, field by field (kubernetes.io/docs/concepts/security/pod-security-standards). That of the baseline is
// part of it.
func TestPodsAreRestricted(t *testing.T) {
	for _, yaml := range []string{"", "kubernetes: {rows: claim}\n", "images: {registry: r.example.org}\nendpoints: {port: 8000}\n"} {
		p := example(t, yaml)
		spec := p.pod(p.Workers[0], "image")
		if spec.HostNetwork || spec.HostPID || spec.HostIPC || spec.HostUsers != nil {
			t.Error("the pod shares something of its node")
		}
		s := spec.SecurityContext
		if s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.RunAsUser == nil || *s.RunAsUser == 0 {
			t.Error("the pod may run as root")
		}
		if s.SeccompProfile == nil || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
			t.Error("the pod has no seccomp profile")
		}
		if s.SELinuxOptions != nil || s.AppArmorProfile != nil || s.WindowsOptions != nil {
			t.Error("the pod chooses what its node protects itself by")
		}
		for _, c := range s.Sysctls { // the standard's list has this one
			if c.Name != "net.ipv4.ip_unprivileged_port_start" {
				t.Errorf("sysctl %s", c.Name)
			}
		}
		for _, v := range spec.Volumes {
			if v.Secret == nil && v.PersistentVolumeClaim == nil {
				t.Errorf("volume %s is of a kind that is not permitted", v.Name)
			}
		}
		if len(spec.Containers) != 1 || len(spec.InitContainers)+len(spec.EphemeralContainers) > 0 {
			t.Fatal("there are other containers")
		}
		c := spec.Containers[0]
		own := c.SecurityContext
		if own.AllowPrivilegeEscalation == nil || *own.AllowPrivilegeEscalation || own.Privileged == nil || *own.Privileged {
			t.Error("the container may get privileges")
		}
		if own.Capabilities == nil || !slices.Equal(own.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(own.Capabilities.Add) > 0 {
			t.Error("the container has capabilities")
		}
		if own.ReadOnlyRootFilesystem == nil || !*own.ReadOnlyRootFilesystem || own.ProcMount != nil {
			t.Error("the container may write to its file system")
		}
		for _, port := range c.Ports {
			if port.HostPort != 0 {
				t.Error("a port of the node is taken")
			}
		}
		for _, m := range c.VolumeMounts {
			if !m.ReadOnly {
				t.Errorf("%s may be written to", m.Name)
			}
		}
		if spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken {
			t.Error("the pod has an account at the API server")
		}
	}
}

func TestEnvironment(t *testing.T) {
	p := example(t, "")
	got := map[string]string{}
	for _, e := range p.environment(p.Workers[0]) {
		if _, twice := got[e.Name]; twice {
			t.Errorf("%s is there twice", e.Name)
		}
		if strings.Contains(e.Value, "secret of") {
			t.Errorf("%s has the secret", e.Name)
		}
		got[e.Name] = e.Value
	}
	want := map[string]string{
		"A": "b$$(HOME)", "CHIMERA_WORKERS_HOST": "0.0.0.0", "CHIMERA_WORKERS_PORT": "80", "CHIMERA_WORKERS_PROTOCOL": "1", "CHIMERA_TRAIN_DATA": "/data",
		"CHIMERA_WORKERS_IDENTITY":      "/var/run/chimera/identity",
		"CHIMERA_WORKERS_ALLOWED_HOSTS": `["gpu1.example.org","iris-tree1-0.iris.ml.svc"]`,
		"CHIMERA_WORKERS_PEERS":         "iris-{worker}-0.iris.ml.svc",
	}
	want["CHIMERA_WORKERS_PROTOCOL"] = got["CHIMERA_WORKERS_PROTOCOL"] // whichever it is
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if url := p.peer(p.Workers[0]); url != "https://iris-tree1-0.iris.ml.svc:80" {
		t.Errorf("it is called by %s", url)
	}
}

func TestSettings(t *testing.T) {
	p := example(t, "kubernetes: {arch: arm64, node_selector: [disk=ssd], tolerations: ['gpu=yes:NoSchedule', spot]}\n")
	spec := p.pod(p.Workers[0], "image")
	if d := cmp.Diff(map[string]string{"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64", "disk": "ssd"}, spec.NodeSelector); d != "" {
		t.Error(d)
	}
	soon := leaveAfter
	want := []corev1.Toleration{
		{Key: "gpu", Operator: corev1.TolerationOpEqual, Value: "yes", Effect: corev1.TaintEffectNoSchedule}, {Key: "spot", Operator: corev1.TolerationOpExists},
		{Key: corev1.TaintNodeNotReady, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &soon},
		{Key: corev1.TaintNodeUnreachable, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &soon},
	}
	if d := cmp.Diff(want, spec.Tolerations); d != "" {
		t.Error(d)
	}
	if want := (gobuild.Target{OS: "linux", Arch: "arm64"}); p.settings.target != want {
		t.Errorf("workers are built for %v", p.settings.target)
	}
	r := spec.Containers[0].Resources
	for _, c := range []struct{ what, got, want string }{
		{"cpu limit", r.Limits.Cpu().String(), "1500m"}, {"cpu request", r.Requests.Cpu().String(), "500m"},
		{"memory limit", r.Limits.Memory().String(), "256Mi"}, {"memory request", r.Requests.Memory().String(), "256Mi"},
	} {
		if c.got != c.want {
			t.Errorf("%s %s, want %s", c.what, c.got, c.want)
		}
	}
}

func TestClaims(t *testing.T) {
	p := example(t, "kubernetes: {rows: claim}\n")
	spec := p.pod(p.Workers[0], "image")
	found := false
	for _, v := range spec.Volumes {
		found = found || v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == "iris-tree1-rows" && v.PersistentVolumeClaim.ReadOnly
	}
	if !found {
		t.Errorf("volumes %+v", spec.Volumes)
	}
}

func TestNamesAreChecked(t *testing.T) {
	for name, change := range map[string]func(*project){
		"a letter":             func(p *project) { p.Project = "1iris" },
		`"Tree" is not`:        func(p *project) { p.Workers[0].Name = "Tree" },
		"shorten the name":     func(p *project) { p.Workers[0].Name = strings.Repeat("a", 48) },
		"want none negative":   func(p *project) { p.Workers[0].Memory = -1 },
		"promises nobody more": func(p *project) { p.Workers[0].CPUShares = 2048 },
	} {
		p := example(t, "")
		change(p)
		if err := p.check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %q", err, name)
		}
	}
	p := example(t, "")
	p.Workers[0].Name = strings.Repeat("a", 47)
	if err := p.check(); err != nil {
		t.Error(err)
	}
}

// Nobody is refused for shares that he has not written, and what he has written is what he gets.
func TestSharesWithinCPUs(t *testing.T) {
	for yaml, want := range map[string]string{
		"{name: tree1, cpus: 0.5}":                   "500m",
		"{name: tree1, cpus: 1.001}":                 "1",
		"{name: tree1, cpus: 4}":                     "1",
		"{name: tree1, cpus: 0.5, cpu_shares: 256}":  "250m",
		"{name: tree1, cpus: 0.3, cpu_shares: 307}":  "300m",
		"{name: tree1}":                              "1",
		"{name: tree1, cpus: 0.5, cpu_shares: 1024}": "",
	} {
		cfg, err := config.Parse("c.yaml", []byte("project: iris\nlearner: tree-classifier\nlauncher: kubernetes\nworkers: ["+yaml+"]\n"), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		l, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		p := &project{Plan: launcher.PlanOf(cfg, "test", slog.LevelWarn, nil), settings: l.settings}
		err = p.check()
		if want == "" {
			if err == nil || !strings.Contains(err.Error(), "promises nobody more") {
				t.Errorf("%s: %v", yaml, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", yaml, err)
			continue
		}
		if got := p.pod(p.Workers[0], "image").Containers[0].Resources.Requests.Cpu().String(); got != want {
			t.Errorf("%s is promised %s, want %s", yaml, got, want)
		}
	}
}
