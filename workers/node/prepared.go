package node

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/prepare"
	"github.com/gochimera/chimera/prepare/table"
)

// summary summarises the worker's rows, for the preparation of a fit.
func (n *Node) summary(ctx context.Context, q prepare.Question) (a prepare.Summary, err error) {
	d, rows, err := n.targets(q.Classes)
	if err != nil {
		return a, err
	}
	columns := rows.Columns
	if rows, err = rest.Arrange(q.Columns, rows); err != nil {
		return a, api.Problemf(api.CodeInvalidRequest, "Worker %s has the columns %s; the fit wants %s.", n.Spec.Name, list(columns), list(q.Columns))
	}
	s, err := prepare.Summarise(ctx, q, rows, d.Y)
	if err != nil {
		return a, err
	}
	return *s, nil
}

// prepared keeps the prepared rows of one fit, which several of its requests need.
type prepared struct {
	mu  sync.Mutex // held while rows are prepared: whoever asks for the same ones waits
	key string
	x   *mat.Dense // nil if there are none
}

// of returns the training rows of a fit, prepared, and checks that they have the features that the fit wants.
func (p *prepared) of(ctx context.Context, how *endpoint.Prepared, rows table.Rows, features []string) (*mat.Dense, error) {
	if err := how.Check(); err != nil {
		return nil, api.NewProblem(api.CodeInvalidRequest, rest.Sentence(err))
	}
	if names := how.Preparation.Features(); !slices.Equal(names, features) {
		return nil, api.Problemf(api.CodeInvalidRequest, "The preparation makes the features %s; the fit wants %s.", list(names), list(features))
	}
	key, err := json.Marshal(how)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.x != nil && p.key == string(key) {
		return p.x, nil
	}
	p.x = nil
	x, err := how.Preparation.TransformTraining(ctx, how.Question, rows)
	if err != nil {
		return nil, err
	}
	if how.Question.FitID != "" {
		p.key, p.x = string(key), x
	}
	return x, nil
}

// Forget frees what the worker keeps of the rows of a fit that has begun: whoever needs them has them.
func (n *Node) Forget() {
	n.prepared.mu.Lock()
	defer n.prepared.mu.Unlock()
	n.prepared.key, n.prepared.x = "", nil
}
