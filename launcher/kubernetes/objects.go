package kubernetes

import (
	"encoding/json"
	"math"
	"net"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/workerimage"
)

const (
	container = "worker" // the only one of a pod
	portName  = "http"

	// Where a worker's secret is mounted, and its file there.
	secretDir  = "/var/run/chimera"
	secretFile = "identity"

	nobody = 65532 // the user of our images (internal/ociimage)

	// Ports below are for root, unless the pod's system is told otherwise.
	privileged = 1024

	probeInterval = 10 * time.Second
)

// project is what the objects of one launch are made of.
type project struct {
	launcher.Plan
	settings settings
	home     string // the namespace
	run      string // label of the launch's pods; empty in what is written to be applied by somebody
}

// meta is what all objects have. worker is empty for those of the whole project.
func (p *project) meta(name, worker string, owner *corev1.ConfigMap) metav1.ObjectMeta {
	m := metav1.ObjectMeta{Name: name, Namespace: p.home, Labels: p.labels(worker), Annotations: map[string]string{annotationVersion: p.Version}}
	if owner != nil {
		m.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID}}
	}
	return m
}

func (p *project) labels(worker string) map[string]string {
	labels := map[string]string{
		"app.kubernetes.io/name": "chimera", "app.kubernetes.io/instance": p.Project, "app.kubernetes.io/managed-by": "chimera", LabelProject: p.Project,
	}
	if worker != "" {
		labels["app.kubernetes.io/component"] = "worker"
		labels[LabelWorker] = worker
	}
	return labels
}

// owner is what everything else belongs to. It says what the project is.
func (p *project) owner() *corev1.ConfigMap {
	names := make([]string, len(p.Workers))
	for i, w := range p.Workers {
		names[i] = w.Name
	}
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: p.meta(p.Project, "", nil),
		Data:       map[string]string{"workers": strings.Join(names, " ")},
	}
}

// service gives every pod a name, also before it is ready.
func (p *project) service(owner *corev1.ConfigMap) *corev1.Service {
	return &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: p.meta(p.Project, "", owner),
		Spec: corev1.ServiceSpec{
			ClusterIP: corev1.ClusterIPNone, PublishNotReadyAddresses: true, Selector: map[string]string{LabelProject: p.Project},
			Ports: []corev1.ServicePort{{Name: portName, Port: int32(p.Network.Port), TargetPort: intstr.FromString(portName)}}, //nolint:gosec // checked
		},
	}
}

// secret has what a worker is known by.
func (p *project) secret(w launcher.Worker, identity []byte, owner *corev1.ConfigMap) *corev1.Secret {
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: p.meta(statefulSet(p.Project, w.Name), w.Name, owner),
		Type:       corev1.SecretTypeOpaque,
		Data:       map[string][]byte{secretFile: identity},
	}
}

// workload runs a worker's image; replicas is 1, or 0 in what waits for a master.
func (p *project) workload(w launcher.Worker, image string, replicas int32, owner *corev1.ConfigMap) *appsv1.StatefulSet {
	selector := map[string]string{LabelProject: p.Project, LabelWorker: w.Name}
	labels := p.labels(w.Name)
	if p.run != "" {
		labels[LabelRun] = p.run
	}
	return &appsv1.StatefulSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "StatefulSet"},
		ObjectMeta: p.meta(statefulSet(p.Project, w.Name), w.Name, owner),
		Spec: appsv1.StatefulSetSpec{
			Replicas: &replicas, ServiceName: p.Project, Selector: &metav1.LabelSelector{MatchLabels: selector},
			PodManagementPolicy: appsv1.ParallelPodManagement,
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: map[string]string{annotationVersion: p.Version}},
				Spec:       p.pod(w, image),
			},
		},
	}
}

// pod is a pod without privileges: the restricted Pod Security Standard.
func (p *project) pod(w launcher.Worker, image string) corev1.PodSpec {
	no, yes, user, mode := false, true, int64(nobody), int32(0o440)
	grace := int64((p.StopGrace + time.Second - 1) / time.Second)
	pull := corev1.PullIfNotPresent // its tag is a digest: what is there is the one
	if p.settings.registry == "" {
		pull = corev1.PullNever
	}
	check := corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{workerimage.Executable, "healthcheck"}}}
	spec := corev1.PodSpec{
		AutomountServiceAccountToken: &no, EnableServiceLinks: &no, TerminationGracePeriodSeconds: &grace,
		NodeSelector: p.settings.selector, Tolerations: p.settings.tolerations,
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: &yes, RunAsUser: &user, RunAsGroup: &user, FSGroup: &user,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		// Workers of one node share its fate and its processors.
		TopologySpreadConstraints: []corev1.TopologySpreadConstraint{{
			MaxSkew: 1, TopologyKey: corev1.LabelHostname, WhenUnsatisfiable: corev1.ScheduleAnyway,
			LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{LabelProject: p.Project}},
		}},
		Containers: []corev1.Container{{
			Name: container, Image: image, ImagePullPolicy: pull, Env: p.environment(w), Resources: resources(w),
			Ports: []corev1.ContainerPort{{Name: portName, ContainerPort: int32(p.Network.Port)}}, //nolint:gosec // checked
			SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes, RunAsNonRoot: &yes, Privileged: &no,
				Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			},
			ReadinessProbe: &corev1.Probe{
				ProbeHandler: check, PeriodSeconds: int32(probeInterval / time.Second), TimeoutSeconds: int32(probeInterval / time.Second), FailureThreshold: 3,
			},
		}},
	}
	if p.Network.Port < privileged {
		spec.SecurityContext.Sysctls = []corev1.Sysctl{{Name: "net.ipv4.ip_unprivileged_port_start", Value: "0"}} // the standard permits it
	}
	worker := &spec.Containers[0]
	if p.Identity != nil {
		spec.Volumes = append(spec.Volumes, corev1.Volume{Name: "identity", VolumeSource: corev1.VolumeSource{
			Secret: &corev1.SecretVolumeSource{SecretName: statefulSet(p.Project, w.Name), DefaultMode: &mode},
		}})
		worker.VolumeMounts = append(worker.VolumeMounts, corev1.VolumeMount{Name: "identity", MountPath: secretDir, ReadOnly: true})
	}
	if p.settings.Rows == config.RowsClaim {
		spec.Volumes = append(spec.Volumes, corev1.Volume{Name: "rows", VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim(p.Project, w.Name), ReadOnly: true},
		}})
		worker.VolumeMounts = append(worker.VolumeMounts, corev1.VolumeMount{Name: "rows", MountPath: workerimage.Data, ReadOnly: true})
	}
	return spec
}

// environment is that of a worker. How many processors it may use follows from its limit or its node, and not from the
// master's machine.
func (p *project) environment(w launcher.Worker) []corev1.EnvVar {
	var env []corev1.EnvVar
	at := map[string]int{}
	set := func(name, value string) {
		v := corev1.EnvVar{Name: name, Value: strings.ReplaceAll(value, "$(", "$$(")} // which Kubernetes would take for a variable
		if i, ok := at[name]; ok {
			env[i] = v
			return
		}
		at[name] = len(env)
		env = append(env, v)
	}
	hosts := ""
	for _, text := range w.Env {
		name, value, _ := strings.Cut(text, "=")
		switch name {
		case "GOMAXPROCS":
		case environment.WorkersAllowedHosts:
			hosts = value
		default:
			set(name, value)
		}
	}
	set(launcher.EnvHost, "0.0.0.0")
	set(launcher.EnvPort, strconv.Itoa(p.Network.Port))
	set(launcher.EnvProtocol, handshake.Version)
	set(environment.WorkersAllowedHosts, p.allowed(w, hosts))
	set(environment.WorkersPeers, host(p.Project, p.home, environment.PeerName))
	if w.Data != "" || p.settings.Rows == config.RowsClaim {
		set(launcher.EnvTrainData, workerimage.Data)
	}
	if p.Identity != nil {
		set(launcher.EnvIdentity, secretDir+"/"+secretFile)
	}
	return env
}

// allowed adds the worker's name in the cluster to those that it may be called by, a list in JSON.
func (p *project) allowed(w launcher.Worker, hosts string) string {
	var names []string
	if json.Unmarshal([]byte(hosts), &names) != nil {
		names = nil // there is no list; whoever made one wrote it himself
	}
	text, err := json.Marshal(append(names, host(p.Project, p.home, w.Name)))
	if err != nil {
		return hosts // it does not happen with texts
	}
	return string(text)
}

// resources are what the worker is promised, and what it may use at most.
func resources(w launcher.Worker) corev1.ResourceRequirements {
	r := corev1.ResourceRequirements{Requests: corev1.ResourceList{}, Limits: corev1.ResourceList{}}
	most := int64(math.Round(w.CPUs * 1000))
	if w.CPUs > 0 {
		r.Limits[corev1.ResourceCPU] = *resource.NewMilliQuantity(most, resource.DecimalSI)
	}
	if w.CPUShares > 0 {
		promised := (int64(w.CPUShares)*1000 + 1023) / 1024 // the kubelet makes 1024 shares of a processor
		if w.CPUs > 0 {
			promised = min(promised, most) // Kubernetes promises nobody more than he may use
		}
		r.Requests[corev1.ResourceCPU] = *resource.NewMilliQuantity(promised, resource.DecimalSI)
	}
	if w.Memory > 0 {
		r.Limits[corev1.ResourceMemory] = *resource.NewQuantity(w.Memory, resource.BinarySI)
		r.Requests[corev1.ResourceMemory] = *resource.NewQuantity(w.Memory, resource.BinarySI)
	}
	return r
}

// peer is where a worker is reached by its name in the cluster.
func (p *project) peer(w launcher.Worker) string {
	return p.Scheme() + "://" + net.JoinHostPort(host(p.Project, p.home, w.Name), strconv.Itoa(p.Network.Port))
}
