package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/watch"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare"
)

// Preparing says how a kind of master prepares the rows of a fit.
type Preparing struct {
	Patience  Patience // with members that are lost while they summarise their rows
	Scaled    bool     // the kind's own settings say how features are scaled, so that auto leaves that to them
	Copies    bool     // all members have the same rows: the summary of one of them is that of all
	RawPython bool     // workers of the Python package fit and predict on the rows as they are, beside prepared ones; else they need numbers

	Faulty  int                     // faulty members that are tolerated, whose schemas and summaries cannot bend the preparation far
	Setting string                  // that tolerates them, to blame
	Middle  func([]float64) float64 // of the members' numbers, such as their median; nil if summaries are simply merged. It may change its argument
}

// Prepare lets the members that take part agree on how their rows become numbers, after Settle: it asks each of them for a summary of its
// rows, checks and merges them in member order, and gives the model the preparation that comes of them. Members whose rows or summaries
// cannot be used are excluded, with the reason; the caller looks whether enough are left. Nothing is asked if
// the settings or the rows say that nothing is to be done: then the model's features are the columns as they are.
//
// The error is for what ends the fit.
func (f *Fit) Prepare(ctx context.Context, model *Model, how Preparing) error {
	settings := f.Config().Prepare.Settings
	if f.settlePython(&settings, how); settings.Mode == prepare.None {
		return f.refuseTexts(settings)
	}
	f.refuseDescriptions(how)
	members := f.summarising()
	if len(members) == 0 {
		return nil
	}
	q := prepare.Question{
		FitID: f.ID, Columns: model.Features, Texts: f.textColumns(members, model.Features), Classes: model.Classes,
		Settings: settings, Needs: f.needs(members, how), Seed: f.Config().Seed,
	}
	skip, err := q.Skip(f.missing(members))
	if err == nil && !skip {
		err = q.Check()
	}
	if err != nil {
		return f.unprepared(err)
	}
	if skip {
		return nil
	}
	model.firsts = f.firstRows(how.Copies)
	if how.Copies {
		members = members[:1]
	}
	asking, asked := f.work(ctx, watch.Prepare)
	summaries, err := f.summaries(asking, model, q, members, how)
	if asked(err); err != nil || len(summaries) == 0 {
		return err
	}
	p, err := agree(q, summaries, how)
	if err != nil {
		return f.unprepared(err)
	}
	model.Columns, model.Features, model.Preparation, model.question = q.Columns, p.Features(), p, q
	return nil
}

// unprepared is the problem of rows that cannot be prepared as chimera.yaml says.
func (f *Fit) unprepared(err error) error {
	p := api.Problemf(api.CodeUnusableData, "The rows cannot be prepared: %v.", err)
	p.FitID = f.ID
	return p
}

// agree makes one preparation of the members' summaries.
func agree(q prepare.Question, summaries []*prepare.Summary, how Preparing) (*prepare.Preparation, error) {
	if how.Middle != nil {
		return prepare.AgreeRobustly(q, summaries, how.Faulty, how.Middle)
	}
	return prepare.Agree(q, summaries)
}

// Prepared is what a member is told of the model's preparation, with the messages of a fit; nil if its rows are used as they are. It may
// also be a member that was not there during the fit.
func (model *Model) Prepared(m *Member) *endpoint.Prepared {
	if model.Preparation == nil {
		return nil
	}
	q := model.question
	q.FirstRow = model.firsts[m.Index]
	return &endpoint.Prepared{Question: q, Preparation: model.Preparation}
}

// absentRows is the distance between the global IDs of the rows of members whose number of rows is not known.
const absentRows = 1 << 40

// FirstOfAbsent is the global ID of the first row of a member that was not there when rows were numbered: far from all others.
func FirstOfAbsent(m *Member) uint64 { return absentRows * uint64(m.Index+1) }

// firstRows are the global IDs of the members' first rows: they are numbered through in member order, unless all have the same.
func (f *Fit) firstRows(copies bool) []uint64 {
	firsts := make([]uint64, len(f.Members))
	var next uint64
	for i, s := range f.Schemas {
		switch {
		case copies:
		case s == nil || f.failures[i] != nil:
			firsts[i] = FirstOfAbsent(f.Members[i])
		default:
			firsts[i] = next
			next += uint64(s.Rows)
		}
	}
	return firsts
}

// settlePython decides what becomes of workers of the Python package, which know no preparation: in a kind that needs numbers of them, auto is
// none, and they cannot take part in a fit with a preparation that was asked for.
func (f *Fit) settlePython(settings *prepare.Settings, how Preparing) {
	if how.RawPython || settings.Mode == prepare.None {
		return
	}
	for _, m := range f.Taking() {
		switch {
		case !m.IsPython():
		case !settings.IsDefault():
			f.Fail(m, api.WorkerFailure{Worker: m.Name, Code: api.CodeUnusableData, Reason: "a worker of the Python package uses its rows as they are, " +
				"and chimera.yaml asks for a preparation: set prepare: none, or leave the worker out"})
		default:
			settings.Mode = prepare.None
			f.notes = append(f.notes, "Rows were used as they are, because a worker of the Python package takes part.")
			return
		}
	}
}

// refuseTexts excludes members whose rows have texts, since they are not prepared. It is the fit's error if all have.
func (f *Fit) refuseTexts(settings prepare.Settings) error {
	members, out := f.summarising(), 0
	for _, m := range members {
		texts := f.Schemas[m.Index].TextColumns
		if len(texts) == 0 {
			continue
		}
		why := "prepare is none in chimera.yaml: set prepare: auto, or drop the column"
		if f.Config().Prepare.Mode != settings.Mode {
			why = "a worker of the Python package takes part, which uses its rows as they are: leave that worker out, or drop the column"
		}
		f.Fail(m, api.WorkerFailure{Worker: m.Name, Code: api.CodeUnusableData,
			Reason: fmt.Sprintf("its rows have texts (%s), and rows are not prepared, because %s", some(texts), why)})
		out++
	}
	if out > 0 && out == len(f.Members) {
		return f.Problem("All workers' rows have texts.", f.Failures())
	}
	return nil
}

// some are the first few names of a list.
func some(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more columns", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// summarising lists the members that take part and can summarise their rows.
func (f *Fit) summarising() (members []*Member) {
	for _, m := range f.Taking() {
		if !m.IsPython() && f.Schemas[m.Index] != nil {
			members = append(members, m)
		}
	}
	return members
}

// needs joins what the members' learners need.
func (f *Fit) needs(members []*Member, how Preparing) prepare.Needs {
	traits := make([]learner.Traits, len(members))
	for i, m := range members {
		traits[i] = traitsOf(f.Schemas[m.Index])
	}
	return prepare.NeedsOf(how.Scaled, traits...)
}

// textColumns are the columns in which a member has texts.
func (f *Fit) textColumns(members []*Member, columns []string) (texts []string) {
	for _, name := range columns {
		if slices.ContainsFunc(members, func(m *Member) bool { return slices.Contains(f.Schemas[m.Index].TextColumns, name) }) {
			texts = append(texts, name)
		}
	}
	return texts
}

// missing reports whether a member has missing cells.
func (f *Fit) missing(members []*Member) bool {
	return slices.ContainsFunc(members, func(m *Member) bool { return len(f.Schemas[m.Index].MissingColumns) > 0 })
}

// summaries asks members for their summaries, and returns those of the members that have a right one, in member order.
func (f *Fit) summaries(ctx context.Context, model *Model, q prepare.Question, members []*Member, how Preparing) ([]*prepare.Summary, error) {
	wanted := make([]bool, len(f.Members))
	for _, m := range members {
		wanted[m.Index] = true
	}
	found := make([]*prepare.Summary, len(f.Members))
	err := f.Every(ctx, how.Patience, 0, func(m *Member) error {
		if !wanted[m.Index] {
			return nil
		}
		own := q
		own.FirstRow = model.firsts[m.Index]
		s, err := Call(ctx, f.Cluster, m, endpoint.Summary, own)
		if err == nil {
			err = s.Check(own, f.Schemas[m.Index].Rows)
		}
		if err == nil {
			found[m.Index] = &s
		}
		return err
	}, f.Lose)
	if err != nil {
		return nil, err
	}
	var summaries []*prepare.Summary
	for i, s := range found {
		if s != nil && f.failures[i] == nil {
			summaries = append(summaries, s)
		}
	}
	return summaries, nil
}
