package master

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
	"github.com/gochimera/chimera/masters/cluster"
)

// ask asks a member for its columns and classes; a worker of the Python package has a sample of its rows,
// which shows them.
func (t *training) ask(ctx context.Context, m *cluster.Member) error {
	err := t.AskMember(ctx, m)
	if err == nil && m.IsPython() {
		t.Schemas[m.Index], err = t.master.pythonSchema(ctx, m)
	}
	return err
}

// pythonStep asks a worker of the Python package for a local epoch, in JSON.
func (t *training) pythonStep(ctx context.Context, m *cluster.Member) (r stepReply) {
	n := t.blocks[0].Len()
	first, second := t.params[:n], t.params[n:]
	if t.blocks[0].Name == moments.InterceptBlock {
		first, second = second, first
	}
	message := cluster.NewMessage(parameterserver.PythonStep)
	if r.err = message.Encode(parameterserver.FitStepRequest{Weights: first, Bias: second}); r.err != nil {
		return r
	}
	reply := send(ctx, t, m, message)
	if r.err = reply.Err; r.err != nil {
		return r
	}
	update := reply.Value
	if len(update.Weights) != len(first) || len(update.Bias) != len(second) {
		r.err = fmt.Errorf("it answered with %d weights and %d biases instead of %d and %d", len(update.Weights), len(update.Bias), len(first), len(second))
		return r
	}
	r.vector = append(append(r.vector, update.Weights...), update.Bias...)
	if t.blocks[0].Name == moments.InterceptBlock {
		r.vector = append(append([]float64(nil), update.Bias...), update.Weights...)
	}
	r.err = t.checkNumbers(parameterserver.ArrayUpdate, r.vector)
	return r
}

// pythonSchema is what the sample of a worker of the Python package shows.
func (p *Master) pythonSchema(ctx context.Context, m *cluster.Member) (*api.WorkerSchema, error) {
	sample, err := cluster.Call(ctx, p.Cluster, m, parameterserver.PythonSample, endpoint.None{})
	if err != nil {
		return nil, err
	}
	if len(sample.Columns) == 0 {
		return nil, errors.New("its data sample has no columns")
	}
	s := &api.WorkerSchema{Worker: m.Name, Task: p.learner.Info.Task, Features: sample.Columns}
	if p.learner.Info.Task == learner.Regression {
		return s, nil
	}
	for _, row := range sample.Targets {
		if row.Labels != nil {
			s.Classes = append(s.Classes, row.Labels...)
			continue
		}
		for _, v := range row.Values {
			s.Classes = append(s.Classes, learner.NumberLabel(v))
		}
	}
	s.Classes = learner.SortLabels(learner.Spelled(s.Classes))
	s.Counts = make([]int, len(s.Classes)) // the sample does not contain them
	return s, nil
}

// refusePython excludes the workers of the Python package, saying why, if they cannot work with the
// settings: before any of them is asked for what only our own workers have.
func (t *training) refusePython() {
	err := t.acceptsPython()
	for _, m := range t.Members {
		if err != nil && m.IsPython() && t.Failure(m) == nil {
			t.Fail(m, m.Failure(err))
		}
	}
}

// acceptsPython reports settings that workers of the Python package cannot work with: they average
// parameters, and neither count rows nor standardise. A fit with them never equals a fit with our
// workers: they use their own learning rate, ignore the first parameters they receive, and shorten
// their steps from call to call.
func (t *training) acceptsPython() error {
	var change []string
	for _, s := range []struct {
		wrong bool
		want  string
	}{
		{t.set.Mode != parameterserver.LocalMode, "mode: local"},
		{t.set.Weighting != parameterserver.WeightUniform, "weighting: uniform"},
		{t.set.Standardize, "standardize: false"},
		{t.set.EarlyStopping, "early_stopping: false"},
	} {
		if s.wrong {
			change = append(change, s.want)
		}
	}
	switch {
	case len(change) > 0:
		return fmt.Errorf("a worker of the Python package averages parameters, and neither counts nor scales its rows: set parameter_server: {%s}",
			strings.Join(change, ", "))
	case len(t.shape.Classes) > 2:
		return fmt.Errorf("a worker of the Python package cannot be trained on %d classes", len(t.shape.Classes))
	case !isLinear(t.blocks) || len(t.blocks) != 2:
		return fmt.Errorf("a worker of the Python package trains linear models with an intercept, not %s", t.master.learner.Info.Name)
	}
	return nil
}
