package masters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/learner"
)

// agreement is how the members of a fit settle what they learn: the same
// columns, the same task, one list of classes. Slices are in member order.
type agreement struct {
	server   *Server
	fitID    string
	members  []*member
	schema   []*api.WorkerSchema  // nil for a Python worker, and for one that is out
	failures []*api.WorkerFailure // why it is out
	counted  []atomic.Bool        // members that have done their part or failed
	done     atomic.Int32         // how many
}

func newAgreement(s *Server, fitID string) *agreement {
	members := s.pool.members
	return &agreement{server: s, fitID: fitID, members: members, schema: make([]*api.WorkerSchema, len(members)), failures: make([]*api.WorkerFailure, len(members)), counted: make([]atomic.Bool, len(members))}
}

// fail takes a member out of the fit.
func (r *agreement) fail(m *member, f api.WorkerFailure) {
	r.failures[m.index] = &f
	r.server.log.Warn("a worker is out of the fit", "worker", m.name, "fit_id", r.fitID, "reason", f.Reason)
	r.server.broker.publish(api.WorkerFailedEvent{FitID: r.fitID, Done: r.count(m), Total: len(r.members), Failure: f})
}

// count counts a member as done, once, and returns how many are.
func (r *agreement) count(m *member) int {
	if r.counted[m.index].CompareAndSwap(false, true) {
		return int(r.done.Add(1))
	}
	return int(r.done.Load())
}

// failed lists the failures in member order.
func (r *agreement) failed() []api.WorkerFailure {
	var list []api.WorkerFailure
	for _, f := range r.failures {
		if f != nil {
			list = append(list, *f)
		}
	}
	return list
}

// ask asks every member for its columns and classes.
func (r *agreement) ask(ctx context.Context) {
	r.schema = each(r.members, func(m *member) *api.WorkerSchema {
		if f, down := m.unavailable(); down {
			r.fail(m, f)
			return nil
		}
		schema, err := r.server.schema(ctx, m)
		if err != nil && ctx.Err() == nil { // a cancelled fit is nobody's failure
			r.fail(m, m.failure(err))
		}
		return schema
	})
}

// schema is one member's; nil without an error for a Python worker, which has
// no such answer.
func (s *Server) schema(ctx context.Context, m *member) (*api.WorkerSchema, error) {
	answer, _, err := s.pool.call(ctx, m, transport.Request{Method: http.MethodGet, URL: api.PathSchema})
	var status *transport.StatusError
	if errors.As(err, &status) && status.Status == http.StatusNotFound && status.Code() == "" {
		m.setPython(true)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var schema api.WorkerSchema
	if err := json.Unmarshal(answer.Body, &schema); err != nil {
		return nil, fmt.Errorf("its schema cannot be read: %w", err)
	}
	m.setPython(false)
	return &schema, nil
}

// settle makes a model of what the members answered. The columns that most workers have
// are the right ones (the first worker's, if equally many have others); a worker with
// other columns or another task is out, by name.
func (r *agreement) settle() *Model {
	reference := majority(r.schema)
	model := &Model{FitID: r.fitID}
	if reference == nil { // Python workers only, or none at all
		return model
	}
	model.Task, model.Features = reference.Task, reference.Features
	var classes [][]learner.Label
	for i, s := range r.schema {
		if s == nil {
			continue
		}
		if reason := differs(reference, s); reason != "" {
			r.fail(r.members[i], api.WorkerFailure{Worker: r.members[i].name, Code: api.CodeUnusableData, Reason: reason})
			continue
		}
		classes = append(classes, s.Classes)
	}
	if model.Task == learner.Classification {
		model.Classes = learner.MergeLabels(classes...)
		model.Baseline = make([]float64, len(model.Classes))
	} else {
		model.Baseline = make([]float64, 1)
	}
	return model
}

// majority is the first of the most common kind of schema.
func majority(schemas []*api.WorkerSchema) *api.WorkerSchema {
	var best *api.WorkerSchema
	most := 0
	for _, s := range schemas {
		if s == nil {
			continue
		}
		count := 0
		for _, other := range schemas {
			if other != nil && differs(s, other) == "" {
				count++
			}
		}
		if count > most {
			best, most = s, count
		}
	}
	return best
}

// differs says how a schema's columns or task differ from the reference, or
// nothing. The order of columns does not matter: they go by name.
func differs(reference, s *api.WorkerSchema) string {
	if s.Task != reference.Task {
		return fmt.Sprintf("its learner is for %s, the others' are for %s", s.Task, reference.Task)
	}
	var lacks, more []string
	for _, f := range reference.Features {
		if !slices.Contains(s.Features, f) {
			lacks = append(lacks, f)
		}
	}
	for _, f := range s.Features {
		if !slices.Contains(reference.Features, f) {
			more = append(more, f)
		}
	}
	var parts []string
	if lacks != nil {
		parts = append(parts, "lacks "+strings.Join(lacks, ", "))
	}
	if more != nil {
		parts = append(parts, "has beyond the others "+strings.Join(more, ", "))
	}
	if parts == nil {
		return ""
	}
	return "its X_train.csv has other columns than " + reference.Worker + "'s: it " + strings.Join(parts, " and ")
}

// addRows adds a worker's rows to what the baseline is made of: rows of each
// class, or the sum of the target.
func (model *Model) addRows(s *api.WorkerSchema) {
	if s == nil {
		return
	}
	model.Rows += s.Rows
	if model.Task == learner.Regression {
		model.Baseline[0] += s.Mean * float64(s.Rows)
		return
	}
	for i, label := range s.Classes {
		if k := slices.Index(model.Classes, label); k >= 0 && i < len(s.Counts) {
			model.Baseline[k] += float64(s.Counts[i])
		}
	}
}
