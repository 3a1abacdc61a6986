package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/launcher"
)

// applied stands for the identity that a master will give to workers whose objects somebody applies.
type applied struct{}

func (applied) Scheme() string                     { return "" }
func (applied) Issue(string) ([]byte, error)       { return nil, errors.New("manifests have no secrets") }
func (applied) Transport(string) http.RoundTripper { return nil }

// Manifests implements [launcher.Manifester]: what a launch makes, as YAML, with no replicas until a master starts, and without
// Secrets, which that master makes. There is no owner of all, since nobody knows its UID yet; the label finds everything.
func (k *Launcher) Manifests(ctx context.Context, plan launcher.Plan, m launcher.Manifests) error {
	p, err := k.project(plan)
	if err != nil {
		return err
	}
	p.home = k.settings.Namespace // empty is that of whoever applies
	if m.Permission {
		return p.writeYAML(m.To, p.permission()...)
	}
	if k.secured {
		p.Identity = applied{}
	}
	if p.home == "" {
		return &launcher.PlanError{Problems: []string{"kubernetes.namespace is not set, and workers are called by names that have it"}}
	}
	if m.Images == "" && k.settings.registry == "" {
		return &launcher.PlanError{Problems: []string{"there is no registry for the workers' images: set images.registry, or name a folder for them with --images"}}
	}
	executables, err := launcher.BuildFor(ctx, p.Plan, p.settings.target.OS, p.settings.target.Arch)
	if err != nil {
		return err
	}
	objects := []runtime.Object{p.owner(), p.service(nil)}
	for i, w := range p.Workers {
		image, err := p.newImage(w, executables[i])
		if err != nil {
			return err
		}
		if m.Images != "" {
			err = writeImage(filepath.Join(m.Images, w.Name+".tar"), image)
		} else {
			err = p.push(ctx, w, image)
		}
		if err != nil {
			return err
		}
		objects = append(objects, p.workload(w, image.Reference(), 0, nil))
	}
	return p.writeYAML(m.To, objects...)
}

// writeImage writes an image as `ctr images import`, `docker load` and the like read it.
func writeImage(file string, image *ociimage.Image) (err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return image.Write(out)
}

// writeYAML writes objects, without the fields that only a cluster fills in.
func (p *project) writeYAML(to io.Writer, objects ...runtime.Object) error {
	for _, o := range objects {
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
		if err != nil {
			return err
		}
		delete(fields, "status")
		text, err := yaml.Marshal(fields)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(to, "---\n%s", text); err != nil {
			return fmt.Errorf("writing the manifests: %w", err)
		}
	}
	return nil
}

// rules are the least that a master needs, to launch, end and look after the project. What somebody has applied he removes himself.
func (p *project) rules() []rbacv1.PolicyRule {
	rule := func(group, resource string, verbs ...string) rbacv1.PolicyRule {
		return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: verbs}
	}
	rules := []rbacv1.PolicyRule{
		rule("", "pods", "get", "list", "watch", "delete"), rule("", "pods/log", "get"), rule("", "events", "list"),
	}
	if p.settings.Reach != config.ReachNames {
		rules = append(rules, rule("", "pods/portforward", "get", "create"))
	}
	if p.settings.Rows == config.RowsClaim {
		rules = append(rules, rule("", "persistentvolumeclaims", "get"))
	}
	if p.settings.Apply {
		rules = append(rules, rule("", "configmaps", "get", "list", "create", "delete"), rule("", "services", "list", "create", "delete"),
			rule("", "secrets", "list", "create", "delete"), rule("apps", "statefulsets", "list", "create", "patch", "delete"))
	} else {
		rules = append(rules, rule("", "configmaps", "get"), rule("", "secrets", "create", "update", "delete"),
			rule("apps", "statefulsets", "get", "update", "patch"))
	}
	return rules
}

// permission is a role with these rules, and who has it: a service account with the name of the project.
func (p *project) permission() []runtime.Object {
	name := p.Project + "-master"
	return []runtime.Object{
		&rbacv1.Role{TypeMeta: metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "Role"}, ObjectMeta: p.meta(name, "", nil), Rules: p.rules()},
		&rbacv1.RoleBinding{
			TypeMeta: metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "RoleBinding"}, ObjectMeta: p.meta(name, "", nil),
			RoleRef:  rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: name},
			Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: name, Namespace: p.home}},
		},
		&corev1.ServiceAccount{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"}, ObjectMeta: p.meta(name, "", nil)},
	}
}

var _ launcher.Manifester = (*Launcher)(nil)
