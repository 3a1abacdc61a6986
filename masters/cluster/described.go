package cluster

import (
	"fmt"
	"slices"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/learner"
)

// refuseDescriptions excludes members whose description of themselves would change how everybody's rows are prepared, and is not to be believed: a
// learner that this program knows otherwise, and, if faulty members are tolerated, texts or a learner that no more members have than may be faulty.
func (f *Fit) refuseDescriptions(how Preparing) {
	members := f.summarising()
	reasons := make([]string, len(members))
	for i, m := range members {
		if reasons[i] = f.mistaken(m); reasons[i] == "" && how.Faulty > 0 {
			reasons[i] = f.alone(m, members, how)
		}
	}
	for i, m := range members { // when all have been compared with all
		if reasons[i] != "" {
			f.Fail(m, api.WorkerFailure{Worker: m.Name, Code: api.CodeUnusableData, Reason: reasons[i]})
		}
	}
}

// wants is what a learner's traits say of the rows that it needs.
type wants struct{ allowsMissing, keepsScale, ordinals bool }

func wantsOf(t learner.Traits) wants { return wants{t.AllowsMissing, t.KeepsScale, t.Ordinals} }

// traitsOf are the traits of a member's learner; of a worker that does not say, those that leave rows as they were before there were preparations.
func traitsOf(s *api.WorkerSchema) learner.Traits {
	if s.Traits == nil {
		return learner.Traits{KeepsScale: true}
	}
	return *s.Traits
}

// mistaken says how a member describes a learner otherwise than this program knows it; it is empty if it does not, or if the learner is not known here.
func (f *Fit) mistaken(m *Member) string {
	s, workers := f.Schemas[m.Index], f.Config().Workers
	if s.Traits == nil || m.Index >= len(workers) {
		return ""
	}
	info := workers[m.Index].Info
	if info == nil || info.Name != s.Learner || wantsOf(info.Traits) == wantsOf(*s.Traits) {
		return ""
	}
	return fmt.Sprintf("it says of its learner %s what rows it needs, and this master's program knows it otherwise: "+
		"build the worker's program and the master's with the same release of Chimera", s.Learner)
}

// alone says what a member has that no more members have than may be faulty; it is empty if there is nothing.
func (f *Fit) alone(m *Member, members []*Member, how Preparing) string {
	have := func(is func(*api.WorkerSchema) bool) (n int) {
		for _, other := range members {
			if is(f.Schemas[other.Index]) {
				n++
			}
		}
		return n
	}
	s, own := f.Schemas[m.Index], ""
	if have(func(o *api.WorkerSchema) bool { return wantsOf(traitsOf(o)) == wantsOf(traitsOf(s)) }) <= how.Faulty {
		own = "its learner needs other rows than the others'"
	}
	for _, name := range s.TextColumns {
		if own == "" && have(func(o *api.WorkerSchema) bool { return slices.Contains(o.TextColumns, name) }) <= how.Faulty {
			own = "its rows have texts in column " + name
		}
	}
	if own == "" {
		return ""
	}
	return fmt.Sprintf("%s, and fewer than %d workers have that: with %s a faulty worker could invent it; combine by the mean if it is right",
		own, how.Faulty+1, how.Setting)
}
