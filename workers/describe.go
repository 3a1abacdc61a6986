package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gochimera/chimera/api"
	variables "github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers/node"
)

// describe prints what the worker is and checks its parameters, without reading data or serving. A
// program that does not link the learner uses it to learn about it.
func describe(spec Spec, out io.Writer) error {
	return describeIn(spec, registry.Default, out)
}

// Description is what the describe command prints.
type Description struct {
	Worker     string          `json:"worker"`
	Role       Role            `json:"role"`
	ConfigHash string          `json:"config_hash"`
	Learner    *registry.Info  `json:"learner,omitempty"` // absent if the learner is unknown
	Known      []registry.Info `json:"known"`             // every learner that the worker links
	Problem    string          `json:"problem,omitempty"` // why it could not work as configured
	Params     []ParamProblem  `json:"param_problems,omitempty"`
}

// ParamProblem is one invalid parameter.
type ParamProblem struct {
	Param  string `json:"param"`
	Reason string `json:"reason"`
}

func describeIn(spec Spec, r *registry.Registry, out io.Writer) error {
	d := Description{Worker: spec.Name, Role: spec.Role, ConfigHash: spec.ConfigHash, Known: r.List()}
	if info, err := r.Lookup(spec.Learner); err == nil {
		d.Learner = &info
	}
	if _, err := node.NewLearner(spec, r, learner.Env{}); err != nil {
		d.Problem = err.Error()
		d.Params = paramProblems(err)
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return fmt.Errorf("printing the description: %w", err)
	}
	return nil
}

// paramProblems lists the parameters that a learner's error is about.
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

// healthcheck asks the worker with the same environment whether it is ready. It is the health check of
// a container without a shell.
func healthcheck(ctx context.Context, spec Spec, get func(string) string) error {
	env, err := readEnvironment(get)
	if err != nil {
		return err
	}
	if env.port == "0" {
		return fmt.Errorf("CHIMERA_WORKERS_PORT is not set: the worker cannot be found if the system chose its port")
	}
	host := env.host
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	if env.identity == variables.Stdin {
		return fmt.Errorf("%s is %s: only the worker itself has read it", variables.WorkersIdentity, variables.Stdin)
	}
	known, _, err := env.identify(spec, nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	client := transport.New(1 << 20)
	defer client.Close()
	scheme := "http"
	if known != nil {
		client.Secure(known)
		scheme = known.Scheme()
	}
	_, err = client.Do(ctx, transport.Request{Method: http.MethodGet, URL: scheme + "://" + net.JoinHostPort(host, env.port) + api.PathReady, Node: spec.Name})
	return err
}
