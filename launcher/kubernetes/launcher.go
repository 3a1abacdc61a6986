package kubernetes

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/internal/launching"
)

// Launcher launches every worker of a plan in a pod of its own; see the package comment.
//
// Besides what [launcher.Launcher] promises, and the errors of building that [launcher.Process] has, Launch returns a
// *[ClusterError], *[TakenError], *[PodError], *[PortError] or *[RegistryError] where the cluster, this machine or the registry is the reason.
type Launcher struct {
	settings settings
	open     func(context.Context, settings) (*cluster, error)
	name     string
	secured  bool // its masters give identities to workers

	forgetAfter time.Duration
}

func init() {
	launcher.Register(string(config.KubernetesLauncher), launcher.Entry{New: func(s launcher.Setup) (launcher.Launcher, error) { return New(s.Config) }})
}

// New makes the launcher for a project, or with the settings' defaults for none.
func New(cfg *config.Config) (*Launcher, error) {
	s, err := newSettings(cfg)
	if err != nil {
		return nil, err
	}
	secured := cfg != nil && cfg.WorkerSecurity() != config.WorkersNone
	return &Launcher{settings: s, open: open, name: string(config.KubernetesLauncher), secured: secured, forgetAfter: forgetAfter}, nil
}

const (
	// defaultPort is the one in a pod.
	defaultPort = 80
	// The name of a StatefulSet and a digest are one label of its pods.
	longestName = 52
)

// Name is "kubernetes".
func (k *Launcher) Name() string { return k.name }

// Launch implements [launcher.Launcher].
func (k *Launcher) Launch(ctx context.Context, plan launcher.Plan) (launcher.Fleet, error) {
	p, err := k.project(plan)
	if err != nil {
		return nil, err
	}
	c, err := k.open(ctx, k.settings)
	if err != nil {
		return nil, err
	}
	p.home, p.run = c.namespace, strings.ToLower(rand.Text())
	l := &launch{project: p, cluster: c, began: time.Now(), forgetAfter: k.forgetAfter}
	fleet, err := l.carryOut(ctx)
	if err != nil {
		c.Close()
		return nil, err
	}
	return fleet, nil
}

// project is a plan, checked for a cluster.
func (k *Launcher) project(plan launcher.Plan) (*project, error) {
	if k.settings.Rows == config.RowsClaim {
		plan.Workers = withoutRows(plan.Workers)
	}
	plan, err := plan.Checked()
	if err != nil {
		return nil, err
	}
	p := &project{Plan: plan, settings: k.settings}
	if p.Network.Port == 0 {
		p.Network.Port = defaultPort
	}
	return p, p.check()
}

// withoutRows are workers whose rows are not on this machine.
func withoutRows(workers []launcher.Worker) []launcher.Worker {
	list := make([]launcher.Worker, len(workers))
	for i, w := range workers {
		w.Data = ""
		list[i] = w
	}
	return list
}

// Names of objects are made of these; that of a service begins with a letter.
var (
	namePattern    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	servicePattern = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
)

// check says what is wrong with the plan for a cluster.
func (p *project) check() error {
	var bad []string
	if !servicePattern.MatchString(p.Project) {
		bad = append(bad, fmt.Sprintf("%q is not a project's name for a cluster: want small letters, digits and inner hyphens, the first a letter", p.Project))
	}
	for _, w := range p.Workers {
		switch full := statefulSet(p.Project, w.Name); {
		case !namePattern.MatchString(w.Name):
			bad = append(bad, fmt.Sprintf("%q is not a worker's name for a cluster: want small letters, digits and inner hyphens", w.Name))
		case len(full) > longestName:
			bad = append(bad, fmt.Sprintf("%s has %d characters, and Kubernetes takes %d: shorten the name of the project or of the worker",
				full, len(full), longestName))
		}
		if w.CPUShares < 0 || w.CPUs < 0 || w.Memory < 0 {
			bad = append(bad, fmt.Sprintf("worker %s: %d CPU shares, %g CPUs and %d bytes of memory: want none negative", w.Name, w.CPUShares, w.CPUs, w.Memory))
		}
		if w.CPUs > 0 && float64(w.CPUShares) > w.CPUs*1024 && !p.settings.byDefault[w.Name] {
			bad = append(bad, fmt.Sprintf("worker %s: %d CPU shares are %.2f processors, more than its %g cpus: Kubernetes promises nobody more than he may use", w.Name,
				w.CPUShares, float64(w.CPUShares)/1024, w.CPUs))
		}
	}
	if len(bad) > 0 {
		return &launcher.PlanError{Problems: bad}
	}
	return nil
}

// launch is one launch on a cluster.
type launch struct {
	*project
	*cluster
	began time.Time
	owner *corev1.ConfigMap

	forgetAfter time.Duration // how much longer than its grace a pod may take to end

	hasService bool // this launch has made it
}

// carryOut finds out whether the launch can succeed, builds the workers, and starts them. It makes nothing in the cluster before
// the workers are built.
func (l *launch) carryOut(ctx context.Context) (launcher.Fleet, error) {
	if err := l.vacant(ctx); err != nil {
		return nil, err
	}
	if err := l.claimed(ctx); err != nil {
		return nil, err
	}
	var executables []string
	if l.settings.Apply {
		var err error
		if executables, err = launcher.BuildFor(ctx, l.Plan, l.settings.target.OS, l.settings.target.Arch); err != nil {
			return nil, err
		}
	}
	return l.start(ctx, executables)
}

// vacant refuses a project that is in the namespace already, or whose objects nobody has applied if somebody was to.
func (l *launch) vacant(ctx context.Context) error {
	has, err := l.api.CoreV1().ConfigMaps(l.namespace).Get(ctx, l.Project, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err) && l.settings.Apply:
		return nil
	case apierrors.IsNotFound(err):
		return &ClusterError{l.server, "has nothing of project " + l.Project + " in namespace " + l.namespace,
			"apply what `chimera manifests` writes, or let the master do that (kubernetes.apply: true)", err}
	case err != nil:
		return l.explain(err)
	case l.settings.Apply:
		return &TakenError{Kind: "ConfigMap", Name: has.Name, Namespace: l.namespace, Ours: has.Labels[LabelProject] == l.Project}
	default:
		return l.idle(ctx, has)
	}
}

// idle wants the StatefulSets that somebody has applied to have no replicas: no other master runs.
func (l *launch) idle(ctx context.Context, owner *corev1.ConfigMap) error {
	for _, w := range l.Workers {
		if _, err := l.unscaled(ctx, w); err != nil {
			return err
		}
	}
	l.owner = owner
	return nil
}

// claimed wants the claims with the workers' rows to be there.
func (l *launch) claimed(ctx context.Context) error {
	if l.settings.Rows != config.RowsClaim {
		return nil
	}
	for _, w := range l.Workers {
		name := claim(l.Project, w.Name)
		_, err := l.api.CoreV1().PersistentVolumeClaims(l.namespace).Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return &launcher.DataError{Worker: w.Name, Reason: fmt.Sprintf("its rows are to be in the PersistentVolumeClaim %s of namespace %s, which there is not: "+
				"make it and fill it, or set kubernetes.rows: image", name, l.namespace)}
		}
		if err != nil {
			return l.explain(err)
		}
	}
	return nil
}

// start makes the objects. It leaves nothing of them if it fails, also if it panics. The cluster is closed with the fleet.
func (l *launch) start(ctx context.Context, executables []string) (launcher.Fleet, error) {
	f := newFleet(ctx, l)
	err := f.BringUp(launching.Steps{
		Share: l.makeShared,
		Start: func(ctx context.Context, i int) error {
			m, executable := f.members[i], ""
			if l.settings.Apply {
				executable = executables[i]
			}
			if err := f.Make(ctx, m.Member, func(ctx context.Context) error { return l.makeMember(ctx, m, executable) }); err != nil {
				return err
			}
			return f.await(ctx, m)
		},
		Endpoint: f.endpoint,
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// makeShared makes what belongs to no single worker.
func (l *launch) makeShared(ctx context.Context) error {
	if !l.settings.Apply {
		return nil
	}
	owner, err := l.api.CoreV1().ConfigMaps(l.namespace).Create(ctx, l.project.owner(), metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return &TakenError{Kind: "ConfigMap", Name: l.Project, Namespace: l.namespace, Ours: true}
	}
	if err != nil {
		return l.explain(err)
	}
	l.owner = owner
	l.hasService = true // it may be there, whatever the answer is
	_, err = l.api.CoreV1().Services(l.namespace).Create(ctx, l.service(owner), metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		l.hasService = false
		return &TakenError{Kind: "Service", Name: l.Project, Namespace: l.namespace}
	}
	return l.explain(err)
}

// makeMember makes the worker's image and its objects, and the way to it.
func (l *launch) makeMember(ctx context.Context, m *member, executable string) error {
	w := m.Worker
	m.URL = l.peer(w)
	if !l.inside {
		var err error
		if m.tunnel, err = openTunnel(ctx, w, l.reach(w)); err != nil {
			return err
		}
		m.URL = l.Scheme() + "://" + m.tunnel.address()
	}
	if l.Identity != nil {
		if err := l.makeSecret(ctx, m); err != nil {
			return err
		}
	}
	if !l.settings.Apply {
		err := l.scaleUp(ctx, w)
		m.hasSet = !errors.As(err, new(*TakenError)) // else it is another master's
		return err
	}
	image, err := l.provide(ctx, w, executable)
	if err != nil {
		return err
	}
	m.hasSet = true // it may be there, whatever the answer is
	_, err = l.api.AppsV1().StatefulSets(l.namespace).Create(ctx, l.workload(w, image.Reference(), 1, l.owner), metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		m.hasSet = false
		return &TakenError{Kind: "StatefulSet", Name: statefulSet(l.Project, w.Name), Namespace: l.namespace}
	}
	return l.explain(err)
}

// provide makes the worker's image, and brings it to the registry if there is one.
func (l *launch) provide(ctx context.Context, w launcher.Worker, executable string) (*ociimage.Image, error) {
	image, err := l.newImage(w, executable)
	if err != nil || l.settings.registry == "" {
		return image, err
	}
	return image, l.push(ctx, w, image)
}

// makeSecret makes what the worker is known by. In objects that somebody else has applied, that of the last master is replaced.
func (l *launch) makeSecret(ctx context.Context, m *member) error {
	w := m.Worker
	identity, err := l.Identity.Issue(w.Name)
	if err != nil {
		return fmt.Errorf("what worker %s is known by: %w", w.Name, err)
	}
	secrets, made := l.api.CoreV1().Secrets(l.namespace), l.secret(w, identity, l.owner)
	m.hasSecret = true // see hasSet
	_, err = secrets.Create(ctx, made, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) && !l.settings.Apply {
		_, err = secrets.Update(ctx, made, metav1.UpdateOptions{})
	}
	if apierrors.IsAlreadyExists(err) {
		m.hasSecret = false
		return &TakenError{Kind: "Secret", Name: made.Name, Namespace: l.namespace}
	}
	return l.explain(err)
}

// statusOf is the status of a registry's answer; 0 if it gave none.
func statusOf(err error) int {
	var answer *transport.Error
	if errors.As(err, &answer) {
		return answer.StatusCode
	}
	return 0
}

var _ launcher.Launcher = (*Launcher)(nil)
