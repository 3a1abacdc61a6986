package master

import (
	"context"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
)

// predict asks every member that holds the model in service. If another is put into service meanwhile, and members do not hold the old one
// any more, the new one is asked: an answer is that of all that it can be of.
func (a *Master) predict(ctx context.Context, rows cluster.Rows) (*cluster.Prediction, error) {
	for {
		model := a.Model()
		p, err := a.predictWith(ctx, model, rows)
		if ctx.Err() != nil || a.Model().FitID == model.FitID || err == nil && !slices.ContainsFunc(p.Failures, lacksModel) {
			return p, err
		}
	}
}

// lacksModel reports whether a worker did not answer because it holds another model, or none.
func lacksModel(f api.WorkerFailure) bool {
	return f.Code == api.CodeOutdated || f.Code == api.CodeNotFitted
}

func (a *Master) predictWith(ctx context.Context, model cluster.Model, rows cluster.Rows) (*cluster.Prediction, error) {
	q, err := newQuery(ctx, model, rows)
	if err != nil {
		return nil, err
	}
	replies, err := a.askAll(ctx, q)
	if err != nil {
		return nil, err
	}
	if cluster.Abandoned(ctx) {
		return nil, context.Cause(ctx)
	}
	holds := commonFit(replies)
	p, classes := a.collect(model, holds, replies)
	if len(p.Each) < a.quorum {
		return nil, q.blame(a.tooFew(p), replies)
	}
	if err := a.adopt(p, holds, classes); err != nil {
		return nil, err
	}
	if err := a.combine.accepts(p.Model.Task); err != nil {
		return nil, api.NewProblem(api.CodeInvalidRequest, cluster.Sentence(err))
	}
	weights := make([]float64, len(p.Members))
	for i, m := range p.Members {
		weights[i] = a.weights[m.Index]
	}
	p.Combined = a.combine.combine(p.Each, weights)
	return p, checkCombined(p.Combined)
}

// collect gathers the answers with the model of the fit that most members hold, and the classes of
// each; members that answered with another model are failures.
func (a *Master) collect(model cluster.Model, holds string, replies []reply) (*cluster.Prediction, [][]learner.Label) {
	p, classes := &cluster.Prediction{Model: model}, [][]learner.Label{}
	for i, r := range replies {
		m := a.Members[i]
		switch {
		case r.failure != nil && m.IsBeside(): // the model does not lack it
		case r.failure != nil:
			p.Failures = append(p.Failures, *r.failure)
		case r.fitID != holds:
			p.Failures = append(p.Failures, api.WorkerFailure{Worker: m.Name, Code: api.CodeOutdated,
				Reason: fmt.Sprintf("it holds the model of fit %q, but most others hold that of %q", r.fitID, holds)})
		default:
			if p.Notes == nil && model.Features == nil {
				p.Notes = r.notes
			}
			p.Members, p.Each, classes = append(p.Members, m), append(p.Each, r.Output), append(classes, r.classes)
		}
	}
	return p, classes
}

// commonFit is the fit of most replies, the first one in a tie.
func commonFit(replies []reply) string {
	var best string
	most, count := 0, map[string]int{}
	for _, r := range replies {
		if r.failure == nil {
			count[r.fitID]++
		}
	}
	for _, r := range replies {
		if n := count[r.fitID]; r.failure == nil && n > most {
			best, most = r.fitID, n
		}
	}
	return best
}

// adopt completes the description of a model that was not fitted through this master from the answers.
// It refuses answers for different tasks or different classes.
func (a *Master) adopt(p *cluster.Prediction, fitID string, classes [][]learner.Label) error {
	if p.Model.FitID == "" {
		p.Model.FitID, p.Model.Task = fitID, learner.Regression
		if p.Each[0].Proba != nil {
			p.Model.Task, p.Model.Classes = learner.Classification, classes[0]
		}
	}
	for i, o := range p.Each {
		values := p.Model.Task == learner.Regression || p.Model.Task == ""
		if (o.Proba == nil) != values || (classes[i] != nil && !slices.Equal(classes[i], p.Model.Classes)) {
			return api.Problemf(api.CodeWorkersFailed, "%s and %s were fitted for different tasks or classes; fit through the master with POST %s.",
				p.Members[0].Name, p.Members[i].Name, api.PathsOf(a.Kind()).Fit)
		}
	}
	return nil
}

// checkCombined refuses a combination that is not finite: each answer was, but their sum may have
// overflowed.
func checkCombined(o cluster.Output) error {
	values := o.Values
	if o.Proba != nil {
		values = o.Proba.RawMatrix().Data
	}
	if err := cluster.CheckValues(values, len(values), 1); err != nil {
		return api.NewProblem(api.CodeWorkersFailed, "The workers' answers cannot be combined: "+err.Error()+".")
	}
	return nil
}

// tooFew explains why there is no prediction: nothing has been fitted, all workers that answered
// refused the caller's rows, or workers failed.
func (a *Master) tooFew(p *cluster.Prediction) *api.Problem {
	message := "All predict responses from workers failed."
	if len(p.Each) > 0 {
		message = fmt.Sprintf("Only %d of %d workers answered; the quorum is %d.", len(p.Each), len(a.Members), a.quorum)
	}
	problem := api.WorkersProblem(message, p.Failures)
	for _, code := range []api.Code{api.CodeNotFitted, api.CodeOutdated, api.CodeUnusableData, api.CodeInvalidRequest} {
		if !cluster.AllHave(p.Failures, code) {
			continue
		}
		detail := problem.Detail
		switch {
		case code == api.CodeNotFitted && p.Model.FitID == "":
			detail = "There is no fitted model yet: POST " + api.PathsOf(a.Kind()).Fit + " first."
		case code == api.CodeNotFitted, code == api.CodeOutdated:
			code, detail = api.CodeStarting, "The workers have lost the model, and are receiving it again: "+detail
		}
		problem = api.NewProblem(code, detail)
		problem.Message, problem.Workers = message, p.Failures
	}
	problem.FitID = p.Model.FitID
	return problem
}

// blame adds to the problem of rows that the workers cannot use the place that one of them names, else the first missing cell: they know the
// rows as they were sent on.
func (q *query) blame(p *api.Problem, replies []reply) error {
	for _, r := range replies {
		if p.Errors == nil {
			p.Errors = q.places(r.faults)
		}
	}
	if p.Errors == nil && p.Code == api.CodeUnusableData && q.x != nil {
		p.Errors = q.asked.FirstMissing(&q.model)
	}
	return p
}

// places are faults in the rows as they were sent on, in the rows as they came.
func (q *query) places(faults []api.Fault) (places []api.Fault) {
	if q.x == nil {
		return faults // they were sent on as they came
	}
	for _, f := range faults {
		if at, is := rest.FaultAt(f); is {
			places = append(places, q.asked.Places(at, &q.model)...)
		}
	}
	return places
}
