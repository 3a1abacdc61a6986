package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Worker is one worker at work: an http.Handler that answers 503 until Load
// has read its rows.
type Worker interface {
	http.Handler
	// Load reads the training data. It is called once; an error means that the
	// worker cannot work.
	Load(ctx context.Context) error
}

// Options is what a worker gets from where it runs.
type Options struct {
	Data   string // folder with X_train.csv and y_train.csv
	Limits rest.ReadLimits
	Procs  int          // threads that the learner may use; 0 means 1
	Log    *slog.Logger // nil discards
	Exit   func(int)    // ends the process, for the fault die_at; nil if the worker shares it with others
}

// New makes a worker, with a learner from r. Unknown learners and parameters that cannot
// be used are errors; so is a learner that lacks what the role needs.
func New(spec Spec, r *registry.Registry, o Options) (Worker, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if _, err := newLearner(spec, r, learner.Env{}); err != nil {
		return nil, err
	}
	info, err := r.Lookup(spec.Learner)
	if err != nil {
		return nil, err
	}
	switch spec.Role {
	case SGDRole:
		return newSGD(spec, info, r, o)
	case StageRole:
		return newStage(spec, info, r, o)
	default:
		return newModel(spec, info, r, o), nil
	}
}

// newLearner makes the spec's learner, unfitted, and checks that it can do
// what the role needs.
func newLearner(spec Spec, r *registry.Registry, env learner.Env) (learner.Estimator, error) {
	needs, err := spec.Role.Needs()
	if err != nil {
		return nil, err
	}
	info, err := r.Lookup(spec.Learner)
	if err != nil {
		return nil, err
	}
	for _, c := range needs {
		if !info.Has(c) {
			return nil, fmt.Errorf("learner %q cannot be a %s worker: it is not %s", spec.Learner, spec.Role, c)
		}
	}
	return r.New(spec.Learner, []byte(spec.Params), env)
}

// paramProblems lists the parameters that an error of newLearner is about.
func paramProblems(err error) []ParamProblem {
	var list []ParamProblem
	var many *registry.ParamsError
	var one *learner.ParamError
	switch {
	case errors.As(err, &many):
		for _, v := range many.Violations {
			list = append(list, ParamProblem{v.Param, v.Reason})
		}
	case errors.As(err, &one):
		list = append(list, ParamProblem{one.Param, one.Reason})
	}
	return list
}

// Version is the version of this module in the running program, or "devel".
func Version() string {
	const module = "github.com/gochimera/chimera"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	version := ""
	if info.Main.Path == module {
		version = info.Main.Version
	}
	for _, d := range info.Deps {
		if d.Path == module {
			version = d.Version
		}
	}
	if version == "" || strings.HasPrefix(version, "(") {
		return "devel"
	}
	return version
}
