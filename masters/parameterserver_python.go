package masters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/moments"
)

// askPython asks the workers of the Python package for their sample, from
// which columns and classes are known.
func (t *training) askPython(ctx context.Context) {
	each(t.members, func(m *member) struct{} {
		if t.failures[m.index] != nil || !m.isPython() {
			return struct{}{}
		}
		schema, err := t.ps.pythonSchema(ctx, m)
		if err != nil {
			t.fail(m, m.failure(err))
			return struct{}{}
		}
		t.schema[m.index] = schema
		return struct{}{}
	})
}

// pythonStep asks a worker of the Python package: a local epoch, in JSON.
func (t *training) pythonStep(ctx context.Context, m *member) (r stepReply) {
	n := t.blocks[0].Len()
	first, second := t.params[:n], t.params[n:]
	if t.blocks[0].Name == moments.InterceptBlock {
		first, second = second, first
	}
	body, err := json.Marshal(parameterserver.FitStepRequest{Weights: first, Bias: second})
	if err != nil {
		r.err = err
		return r
	}
	k := t.tracks[m.index]
	reply, retries, err := t.server.pool.call(ctx, m, transport.Request{Method: http.MethodPost, URL: parameterserver.PathStep, ContentType: "application/json", Body: body})
	k.retries += retries
	k.sent += int64(len(body)) * int64(retries+1)
	if err != nil {
		r.err = err
		return r
	}
	k.received += int64(len(reply.Body))
	var said parameterserver.FitStepResponse
	if err := json.Unmarshal(reply.Body, &said); err != nil {
		r.err = fmt.Errorf("its answer cannot be read: %w", err)
		return r
	}
	if len(said.Weights) != len(first) || len(said.Bias) != len(second) {
		r.err = fmt.Errorf("it answered %d weights and %d biases for %d and %d", len(said.Weights), len(said.Bias), len(first), len(second))
		return r
	}
	r.vector = append(append(r.vector, said.Weights...), said.Bias...)
	if t.blocks[0].Name == moments.InterceptBlock {
		r.vector = append(append([]float64(nil), said.Bias...), said.Weights...)
	}
	r.err = t.checkNumbers(parameterserver.ArrayUpdate, r.vector)
	return r
}

// pythonSchema is what a worker of the Python package tells by its sample.
func (p *ParameterServer) pythonSchema(ctx context.Context, m *member) (*api.WorkerSchema, error) {
	reply, _, err := p.server.pool.call(ctx, m, transport.Request{Method: http.MethodGet, URL: parameterserver.PathSample})
	if err != nil {
		return nil, err
	}
	var sample struct {
		Columns []string    `json:"X_train_sample_columns"`
		Targets []api.YRows `json:"y_train_sample_rows"`
	}
	if err := json.Unmarshal(reply.Body, &sample); err != nil {
		return nil, fmt.Errorf("its data sample cannot be read: %w", err)
	}
	if len(sample.Columns) == 0 {
		return nil, errors.New("its data sample has no columns")
	}
	s := &api.WorkerSchema{Worker: m.name, Task: p.info.Task, Features: sample.Columns}
	if p.info.Task == learner.Regression {
		return s, nil
	}
	for _, row := range sample.Targets {
		for _, v := range row.Values {
			s.Classes = append(s.Classes, learner.NumberLabel(v))
		}
		s.Classes = append(s.Classes, row.Labels...)
	}
	s.Classes = learner.SortLabels(s.Classes)
	s.Counts = make([]int, len(s.Classes)) // the sample does not tell
	return s, nil
}

// acceptsPython says which settings keep the workers of the Python package
// out, if any: they average parameters, count no rows and standardise nothing.
// What they answer is their own: they step by their own learning rate, ignore the
// first parameters that they are sent, and let their steps get shorter from call to call, so a fit with them
// equals no fit with ours.
func (t *training) acceptsPython() error {
	switch {
	case t.set.Mode != config.LocalMode || t.set.Weighting != config.WeightUniform || t.set.Standardize || t.set.EarlyStopping:
		return errors.New("a worker of the Python package needs parameter_server: {mode: local, weighting: uniform, standardize: false, early_stopping: false}")
	case len(t.shape.Classes) > 2:
		return fmt.Errorf("a worker of the Python package cannot be trained on %d classes", len(t.shape.Classes))
	case !isLinear(t.blocks) || len(t.blocks) != 2:
		return fmt.Errorf("a worker of the Python package trains linear models with an intercept, not %s", t.ps.info.Name)
	}
	return nil
}
