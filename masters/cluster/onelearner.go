package cluster

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// OneLearner is the learner of a master that trains one model: all its workers have it.
type OneLearner struct {
	Info     registry.Info
	params   []byte // JSON
	registry *registry.Registry
}

// OneLearner finds the learner that all workers have in common, and checks its parameters and that it
// has the capabilities that the master's kind needs.
func (c *Cluster) OneLearner() (*OneLearner, error) {
	cfg := c.setup.Config
	name, params := cfg.Learner, cfg.Params
	if len(cfg.Workers) > 0 && cfg.Workers[0].Learner != "" {
		name, params = cfg.Workers[0].Learner, cfg.Workers[0].Params
	}
	l := &OneLearner{params: []byte(params.JSON()), registry: c.setup.Registry}
	if l.registry == nil {
		l.registry = registry.Default
	}
	var err error
	if l.Info, err = l.registry.Lookup(name); err != nil {
		return nil, fmt.Errorf("the master trains the workers' learner: %w", err)
	}
	if need, lacks := kindOf(c.master).Lacks(l.Info); lacks {
		return nil, fmt.Errorf("a %s master cannot train %s: %s", c.master.Kind(), name, need.Lacking)
	}
	if _, err := l.New(learner.Env{Log: c.Log}); err != nil {
		return nil, err
	}
	return l, nil
}

// New makes the learner, unfitted.
func (l *OneLearner) New(env learner.Env) (learner.Estimator, error) {
	return l.registry.New(l.Info.Name, l.params, env)
}

// Params are the learner's parameters as they were given.
func (l *OneLearner) Params() json.RawMessage { return l.params }

// Is refuses another learner, or one with other parameters, than this one: a model of that is not one of this.
// Parameters that only say how a learner trains may differ.
func (l *OneLearner) Is(name string, params json.RawMessage) error {
	if name != l.Info.Name {
		return fmt.Errorf("it is a model of the learner %s, and chimera.yaml has %s: change learner, or fit again", name, l.Info.Name)
	}
	own, err := paramsOf(l.params)
	if err != nil {
		return err
	}
	other, err := paramsOf(params)
	if err != nil {
		return fmt.Errorf("its learner's parameters: %w", err)
	}
	for _, p := range l.Info.Params {
		if p.Training != "" {
			continue
		}
		has, want := l.valueOf(other, p), l.valueOf(own, p)
		if !bytes.Equal(has, want) {
			return fmt.Errorf("it is a model of %s with %s: %s, and chimera.yaml has %s: change that, or fit again", name, p.Name, has, want)
		}
	}
	return nil
}

// paramsOf are parameters by their names.
func paramsOf(text json.RawMessage) (given map[string]json.RawMessage, err error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil
	}
	return given, json.Unmarshal(text, &given)
}

// valueOf is a parameter's value in its one spelling.
func (l *OneLearner) valueOf(given map[string]json.RawMessage, p registry.Param) []byte {
	value, ok := given[p.Name]
	if !ok {
		value = p.Default
	}
	var tight bytes.Buffer
	if json.Compact(&tight, l.Info.Canonical(p.Name, value)) != nil {
		return value
	}
	return tight.Bytes()
}
