package node

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Role is what a worker does in its kind of distribution.
type Role struct {
	Name    string // as in distribute.Role, and in generated mains
	Threads int    // in addition to the learner's, for a worker that sends and receives while it computes

	// New makes a worker from a learner that has the capabilities the role needs. It usually starts with
	// New of this package.
	New func(Spec, registry.Info, *registry.Registry, Options) (Worker, error)
}

// roles is the registry of the roles that the program links.
var roles struct {
	sync.RWMutex
	byName map[string]Role
}

// RegisterRole registers a role by its name, from an init function. It panics on a mistake in the
// program: a role without a name or without New, or one that is already registered.
func RegisterRole(r Role) {
	roles.Lock()
	defer roles.Unlock()
	switch _, taken := roles.byName[r.Name]; {
	case r.Name == "":
		panic("node: a role has no name")
	case r.New == nil:
		panic(fmt.Sprintf("node: role %q has no New", r.Name))
	case taken:
		panic(fmt.Sprintf("node: role %q is registered already", r.Name))
	}
	if roles.byName == nil {
		roles.byName = map[string]Role{}
	}
	roles.byName[r.Name] = r
}

// LookupRole returns a registered role. The error for an unknown role lists those that the program
// links.
func LookupRole(name string) (Role, error) {
	roles.RLock()
	defer roles.RUnlock()
	if r, ok := roles.byName[name]; ok {
		return r, nil
	}
	return Role{}, fmt.Errorf("unknown role %q: this program links %s; import the package of the worker's kind of distribution", name, known(roles.byName))
}

// known lists the names of roles, sorted.
func known(byName map[string]Role) string {
	if len(byName) == 0 {
		return "none"
	}
	names := slices.Sorted(maps.Keys(byName))
	for i, n := range names {
		names[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(names, ", ")
}

// NewWorker makes a worker of its role, with a learner from r. It returns an error for an unknown role
// or learner, for invalid parameters, and for a learner that lacks a capability that the role needs.
func NewWorker(spec Spec, r *registry.Registry, o Options) (Worker, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	role, err := LookupRole(spec.Role)
	if err != nil {
		return nil, err
	}
	if _, err := NewLearner(spec, r, learner.Env{}); err != nil {
		return nil, err
	}
	info, err := r.Lookup(spec.Learner)
	if err != nil {
		return nil, err
	}
	return role.New(spec, info, r, o)
}

// NewLearner makes the spec's learner, unfitted, and checks that it has the capabilities that the role
// needs.
func NewLearner(spec Spec, r *registry.Registry, env learner.Env) (learner.Estimator, error) {
	if _, err := LookupRole(spec.Role); err != nil {
		return nil, err
	}
	needs, ok := distribute.NeedsOf(spec.Role)
	if !ok {
		return nil, fmt.Errorf(
			"role %q belongs to no kind of distribution that this program links; the role's package must import the package of its kind", spec.Role)
	}
	info, err := r.Lookup(spec.Learner)
	if err != nil {
		return nil, err
	}
	for _, need := range needs {
		if !info.Has(need.Capability) {
			return nil, fmt.Errorf("learner %q cannot be a %s worker: %s", spec.Learner, spec.Role, need.Lacking)
		}
	}
	return r.New(spec.Learner, []byte(spec.Params), env)
}
