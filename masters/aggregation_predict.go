package masters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
)

func (a *Aggregation) mountPredict() {
	op := huma.Operation{
		Method: http.MethodPost, Path: api.PathsOf("aggregation").Predict, Summary: "Predict with the workers' models", Tags: []string{"model"},
		Description: "Every worker predicts, and the master combines what they say. Columns go by name, in any order.",
		Errors:      []int{http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusBadGateway, http.StatusGatewayTimeout},
	}
	rest.DocumentBody(a.server.API, &op, api.PredictRequest{})
	rest.Register(a.server.API, op, func(ctx context.Context, in *rest.RawInput) (*output[api.PredictResponse], error) {
		start := time.Now()
		columns, x, err := rest.DecodeRows(in, a.server.Limits())
		if err != nil {
			return nil, err
		}
		answer, err := a.predict(ctx, columns, x)
		if err != nil {
			return nil, problem(err)
		}
		a.server.timed(api.PathsOf("aggregation").Predict, start, nil)
		return &output[api.PredictResponse]{answer.response()}, nil
	})
}

// answer is what the members said of some rows, and what the master makes of it.
type answer struct {
	model    Model // of the fit that answered
	members  []*member
	each     []prediction // one a member that answered
	combined prediction
	failures []api.WorkerFailure
}

// predict asks every member that holds the serving model. columns and x are
// the caller's, in any order of columns. A fit that is committed meanwhile may leave too
// few with the model that was asked for; then the new one is.
func (a *Aggregation) predict(ctx context.Context, columns []string, x *mat.Dense) (*answer, error) {
	for {
		model := a.state()
		out, err := a.predictWith(ctx, model, columns, x)
		if err == nil || ctx.Err() != nil || a.state().FitID == model.FitID {
			return out, err
		}
	}
}

func (a *Aggregation) predictWith(ctx context.Context, model Model, columns []string, x *mat.Dense) (*answer, error) {
	if model.Features != nil {
		var err error
		if x, err = rest.Align(model.Features, columns, x); err != nil {
			return nil, err
		}
		columns = model.Features
	}
	replies, err := a.askAll(ctx, &query{model: model, columns: columns, x: x})
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	out, classes := &answer{model: model}, [][]learner.Label{}
	holds := commonFit(replies, func(r reply) (string, bool) { return r.fitID, r.failure == nil })
	for i, r := range replies {
		m := a.server.pool.members[i]
		switch {
		case r.failure != nil:
			out.failures = append(out.failures, *r.failure)
		case r.fitID != holds:
			out.failures = append(out.failures, api.WorkerFailure{Worker: m.name, Code: api.CodeOutdated,
				Reason: fmt.Sprintf("it holds the model of fit %q, most of the others that of %q", r.fitID, holds)})
		default:
			out.members, out.each, classes = append(out.members, m), append(out.each, r.prediction), append(classes, r.classes)
		}
	}
	if len(out.each) < a.need {
		return nil, a.tooFew(out)
	}
	if err := out.adopt(holds, classes); err != nil {
		return nil, err
	}
	if err := a.combine.accepts(out.model.Task); err != nil {
		return nil, api.NewProblem(api.CodeInvalidRequest, sentence(err))
	}
	weights := make([]float64, len(out.members))
	for i, m := range out.members {
		weights[i] = a.weights[m.index]
	}
	out.combined = a.combine.combine(out.each, weights)
	return out, out.checkFinite()
}

// adopt completes what is known of the model from the answers, if it was not
// fitted through this master, and refuses answers that do not go together: of
// different tasks, or for different classes.
func (o *answer) adopt(fitID string, classes [][]learner.Label) error {
	if o.model.FitID == "" {
		o.model.FitID = fitID
		o.model.Task = learner.Regression
		if o.each[0].proba != nil {
			o.model.Task, o.model.Classes = learner.Classification, classes[0]
		}
	}
	for i, p := range o.each {
		if (p.proba == nil) != (o.model.Task == learner.Regression || o.model.Task == "") || (classes[i] != nil && !slices.Equal(classes[i], o.model.Classes)) {
			return api.Problemf(api.CodeWorkersFailed, "%s and %s were fitted for different tasks or classes; fit through the master with POST %s.",
				o.members[0].name, o.members[i].name, api.PathsOf("aggregation").Fit)
		}
	}
	return nil
}

// checkFinite refuses a combination that is no number: each answer was finite,
// but their sum was not.
func (o *answer) checkFinite() error {
	values := o.combined.values
	if o.combined.proba != nil {
		values = o.combined.proba.RawMatrix().Data
	}
	if err := finite(values, len(values), 1); err != nil {
		return api.NewProblem(api.CodeWorkersFailed, "The workers' answers cannot be combined: "+err.Error()+".")
	}
	return nil
}

// commonFit is the fit that most replies come from; the first of equally many.
func commonFit[T any](replies []T, fit func(T) (string, bool)) string {
	var best string
	most := 0
	for _, r := range replies {
		id, ok := fit(r)
		if !ok {
			continue
		}
		count := 0
		for _, other := range replies {
			if otherID, ok := fit(other); ok && otherID == id {
				count++
			}
		}
		if count > most {
			best, most = id, count
		}
	}
	return best
}

// tooFew says why there is no prediction: nothing was fitted, the caller's
// rows were refused by all that answered, or workers failed.
func (a *Aggregation) tooFew(out *answer) error {
	message := "All predict responses from workers failed."
	if len(out.each) > 0 {
		message = fmt.Sprintf("Only %d of %d workers answered; the quorum is %d.", len(out.each), len(a.server.pool.members), a.need)
	}
	p := api.WorkersProblem(message, out.failures)
	for _, code := range []api.Code{api.CodeNotFitted, api.CodeUnusableData, api.CodeInvalidRequest} {
		if allHave(out.failures, code) {
			detail := p.Detail
			switch {
			case code == api.CodeNotFitted && out.model.FitID == "":
				detail = "There is no fitted model yet: POST " + api.PathsOf("aggregation").Fit + " first."
			case code == api.CodeNotFitted:
				code, detail = api.CodeStarting, "The workers have lost the model, and are being brought up to it again: "+detail
			}
			p = api.NewProblem(code, detail)
			p.Message, p.Workers = message, out.failures
		}
	}
	p.FitID = out.model.FitID
	return p
}

func allHave(failures []api.WorkerFailure, code api.Code) bool {
	if len(failures) == 0 {
		return false
	}
	for _, f := range failures {
		if f.Code != code {
			return false
		}
	}
	return true
}

// query is one prediction asked of all members.
type query struct {
	model   Model
	columns []string
	x       *mat.Dense
}

// reply is one member's answer, or why there is none.
type reply struct {
	prediction
	fitID   string
	classes []learner.Label
	failure *api.WorkerFailure
}

// askAll has every member predict that is up and holds the serving model:
// those of ours by frames, those of the Python package by JSON.
func (a *Aggregation) askAll(ctx context.Context, q *query) ([]reply, error) {
	pool := a.server.pool
	replies := make([]reply, len(pool.members))
	var ours, python []*member
	absent := each(pool.members, func(m *member) *api.WorkerFailure {
		f, no := m.unavailable()
		if !no {
			f, no = m.outdated()
		}
		if !no && !m.isKnown() { // nobody fitted through this master yet: find out what it is
			if _, err := a.server.schema(ctx, m); err != nil {
				f, no = m.failure(err), true
			}
		}
		if no {
			return &f
		}
		return nil
	})
	for i, m := range pool.members {
		switch {
		case absent[i] != nil:
			replies[i].failure = absent[i]
		case m.isPython():
			python = append(python, m)
		default:
			ours = append(ours, m)
		}
	}
	frame := transport.Request{Method: http.MethodPost, URL: aggregation.PathPredict, ContentType: wire.ContentTypeFrame, Accept: wire.ContentTypeFrame}
	plain := transport.Request{Method: http.MethodPost, URL: aggregation.PathPredict, ContentType: "application/json"}
	var err error
	if frame.Body, err = wire.Encode(nil, api.PredictFrame{FitID: q.model.FitID, Columns: q.columns}, wire.Dense("X", q.x)); err != nil {
		return nil, fmt.Errorf("encoding the rows: %w", err)
	}
	if len(python) > 0 {
		if plain.Body, err = wire.EncodePredict(nil, q.columns, q.x); err != nil {
			return nil, fmt.Errorf("encoding the rows: %w", err)
		}
	}
	for _, group := range []struct {
		members []*member
		request transport.Request
		read    func(q *query, body []byte) (reply, error)
	}{{ours, frame, readFrame}, {python, plain, readPython}} {
		for i, o := range pool.broadcast(ctx, group.members, group.request) {
			m, r := group.members[i], reply{}
			err := o.err
			if err == nil {
				r, err = group.read(q, o.answer.Body)
			}
			if err != nil {
				f := m.failure(err)
				r = reply{failure: &f}
				a.refused(m, q, f)
			}
			replies[m.index] = r
		}
	}
	return replies, nil
}

// refused looks at why a member did not predict: one that holds another
// model, or none although a fit has been committed, is to be caught up. What it
// says of a fit that is no longer the serving one counts for nothing.
func (a *Aggregation) refused(m *member, q *query, f api.WorkerFailure) {
	if q.model.FitID != "" && q.model.FitID == a.state().FitID && (f.Code == api.CodeOutdated || f.Code == api.CodeNotFitted) {
		a.server.pool.outdate(m, f.Reason)
	}
}

// readFrame reads the answer of a worker of ours and checks it: the right
// fit, the right classes, one finite value or a row of probabilities for every row.
func readFrame(q *query, body []byte) (reply, error) {
	var head api.PredictedFrame
	arrays, err := wire.Decode(body, &head)
	if err != nil {
		return reply{}, fmt.Errorf("its answer cannot be read: %w", err)
	}
	if q.model.FitID != "" && head.FitID != q.model.FitID {
		return reply{}, fmt.Errorf("it answered with the model of fit %q instead of %q", head.FitID, q.model.FitID)
	}
	if len(arrays) != 1 {
		return reply{}, fmt.Errorf("it answered with %d arrays instead of 1", len(arrays))
	}
	if q.model.Classes != nil && !slices.Equal(head.Classes, q.model.Classes) {
		return reply{}, errors.New("its classes are not those agreed on before the fit")
	}
	rows, _ := q.x.Dims()
	r, values, classes := reply{fitID: head.FitID, classes: head.Classes}, arrays[0].Data, len(head.Classes)
	if err := finite(values, rows, max(classes, 1)); err != nil {
		return reply{}, err
	}
	if classes > 0 {
		r.proba = mat.NewDense(rows, classes, values)
	} else {
		r.values = values
	}
	return r, nil
}

// readPython reads the answer of a worker of the Python package: one number a
// row, which for a classifier is the probability of the second class.
func readPython(q *query, body []byte) (reply, error) {
	var said struct {
		Y api.Floats `json:"y_pred_rows"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return reply{}, fmt.Errorf("its answer cannot be read: %w", err)
	}
	rows, _ := q.x.Dims()
	if err := finite(said.Y, rows, 1); err != nil {
		return reply{}, err
	}
	r := reply{fitID: q.model.FitID}
	if q.model.Task != learner.Classification {
		r.values = said.Y
		return r, nil
	}
	r.proba = mat.NewDense(rows, len(q.model.Classes), nil)
	for i, p := range said.Y {
		switch {
		case p < 0 || p > 1:
			return reply{}, fmt.Errorf("row %d: it answered %v, which is no probability", i, p)
		case len(q.model.Classes) > 1:
			r.proba.Set(i, 1, p)
			r.proba.Set(i, 0, 1-p)
		default:
			r.proba.Set(i, 0, 1)
		}
	}
	return r, nil
}

// finite checks the number and the values of an answer: what is not finite
// must never be averaged in.
func finite(values []float64, rows, width int) error {
	if len(values) != rows*width {
		return fmt.Errorf("it answered %d values for %d rows", len(values), rows)
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("row %d: it answered %v", i/width, v)
		}
	}
	return nil
}

// response is the answer as it goes to the client.
func (o *answer) response() api.PredictResponse {
	r := api.PredictResponse{FitID: o.model.FitID, Failures: o.failures}
	for _, m := range o.members {
		r.Workers = append(r.Workers, m.name)
	}
	if o.combined.proba == nil {
		r.Y = api.YRows{Values: o.combined.values}
		return r
	}
	rows, classes := o.combined.proba.Dims()
	r.Classes, r.Proba = o.model.Classes, api.NewProbaRows(o.combined.proba)
	r.Labels = make(api.Labels, rows)
	for i := range rows {
		r.Labels[i] = o.model.Classes[argmax(o.combined.proba.RawRowView(i))]
	}
	switch classes {
	case 1, 2:
		second := make(api.Floats, rows)
		for i := range rows {
			second[i] = 0
			if classes == 2 {
				second[i] = o.combined.proba.At(i, 1)
			}
		}
		r.Y = api.YRows{Values: second}
	default:
		r.Y = api.LabelRows(r.Labels)
	}
	return r
}
