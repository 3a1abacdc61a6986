package config

import (
	"fmt"
	"strings"

	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/setting"
	"github.com/gochimera/chimera/learner"
)

// Kind is the chosen kind of distribution, or the zero value if this program does
// not have it.
func (c *Config) Kind() distribute.Kind { return c.Master.kind() }

// kind describes the master's kind of distribution.
func (m Master) kind() distribute.Kind {
	k, _ := distribute.Lookup(string(m))
	return k
}

// Role is the name of the role of this master's workers; "" for an unknown master.
func (m Master) Role() string { return m.kind().Role.Name }

// Settings returns the settings of a kind of distribution, by its name: a pointer to
// its struct, such as *pipeline.Settings, or nil for a kind without settings.
func (c *Config) Settings(kind string) any { return c.sections[kind] }

// SettingsOf are the settings of the kind whose struct T is. In a configuration
// that was not loaded they have their zero values.
func SettingsOf[T any](c *Config) *T {
	for _, s := range c.sections {
		if settings, ok := s.(*T); ok {
			return settings
		}
	}
	return new(T)
}

// newSections makes the settings of every kind that has some, without defaults.
func newSections() map[string]any {
	all := map[string]any{}
	for _, k := range distribute.List() {
		if s := k.NewSettings(); s != nil {
			all[k.Name] = s
		}
	}
	return all
}

// checkKind checks what the chosen kind requires of its settings taken together, and
// of the workers.
func (l *loader) checkKind() {
	k := l.cfg.Kind()
	if k.Name == "" {
		return // and that is reported
	}
	l.followLearner()
	if c, ok := l.cfg.sections[k.Name].(distribute.Checker); ok {
		c.Check(l.facts(), func(name, problem, hint string) {
			if path := join(k.Section, name); !l.unusable(path) {
				l.fail(path, problem, hint)
			}
		})
	}
	if k.OneModel {
		l.checkOneModel(words(k))
	}
	l.checkLayers(k)
	l.checkAttacks(k)
	if k.OwnsTraining {
		l.checkIgnored(k, "params")
		for i := range l.cfg.Workers {
			l.checkIgnored(k, index("workers", i)+".params")
		}
	}
}

// words is a kind's name in a sentence.
func words(k distribute.Kind) string { return strings.ReplaceAll(k.Name, "-", " ") }

// facts is what settings may depend on.
func (l *loader) facts() distribute.Project {
	p := distribute.Project{Workers: len(l.cfg.Workers)}
	for _, w := range l.cfg.Workers {
		if w.Info != nil { // the others have its task, or that is reported
			p.Votes, p.Numbers = w.Info.Task == learner.Classification, w.Info.Task == learner.Regression
			break
		}
	}
	return p
}

// checkLayers checks how many layers each worker has, where there are any to
// share out.
func (l *loader) checkLayers(k distribute.Kind) {
	given := false
	for i, w := range l.cfg.Workers {
		path := index("workers", i) + ".layers"
		if !k.SharesLayers && l.given(path) {
			sharing := strings.Join(sharesLayers(), " or ")
			l.fail(path, "only "+setting.Article(sharing)+" has layers to share out", "leave it out, or choose master: "+sharing)
		}
		given = given || w.Layers > 0
	}
	if !k.SharesLayers || !given {
		return
	}
	for i, w := range l.cfg.Workers {
		if path := index("workers", i) + ".layers"; w.Layers == 0 && !l.unusable(path) {
			l.fail(path, "missing: other workers say how many layers they have", "say it for all, or for none, and they are balanced by their cost")
		}
	}
}

// checkAttacks refuses attacks on gradients where workers send none; wrong labels do harm anywhere.
func (l *loader) checkAttacks(k distribute.Kind) {
	if k.Gradients {
		return
	}
	var names []string
	for _, other := range distribute.List() {
		if other.Gradients {
			names = append(names, other.Name)
		}
	}
	for i, w := range l.cfg.Workers {
		path, attack := index("workers", i)+".faults.attack", w.Faults.Attack
		if attack != "" && attack != "none" && attack != "label_flip" && !l.unusable(path) {
			l.fail(path, fmt.Sprintf("%s changes gradients, and the workers of %s master send none", attack, setting.Article(words(k))),
				"choose label_flip, or master: "+strings.Join(names, " or "))
		}
	}
}

// sharesLayers are the names of the kinds whose workers share layers.
func sharesLayers() []string {
	var names []string
	for _, k := range distribute.List() {
		if k.SharesLayers {
			names = append(names, k.Name)
		}
	}
	return names
}

// checkIgnored refuses parameters of a learner that are about training, which
// the kind's own settings are.
func (l *loader) checkIgnored(k distribute.Kind, params string) {
	for _, f := range l.fields(k.SettingsType()) {
		for _, name := range []string{f.Name, f.Formerly} {
			path := join(params, name)
			if _, ok := l.keys[path]; ok && name != "" {
				problem := fmt.Sprintf("%s trains by its own settings, so this would do nothing", setting.Article(words(k)))
				l.fail(path, problem, fmt.Sprintf("say %s: {%s: ...}", k.Section, f.Name))
			}
		}
	}
}

// checkOneModel checks that all workers have one learner with the same
// parameters, as the workers of a master have that trains one model.
func (l *loader) checkOneModel(master string) {
	bootstraps := fmt.Sprintf("the workers of %s train one model on all their rows", setting.Article(master))
	if l.given("bootstrap") && l.cfg.Bootstrap {
		l.fail("bootstrap", bootstraps, "leave it out")
	}
	for i, w := range l.cfg.Workers {
		path, first := index("workers", i), l.cfg.Workers[0]
		switch {
		case l.given(path+".bootstrap") && w.Bootstrap:
			l.fail(path+".bootstrap", bootstraps, "leave it out")
		case w.Learner == "" && !l.cfg.Launcher.traits().StartsNothing, w.Learner == "" && first.Learner == "":
			l.fail(path+".learner", "missing: the master trains the same learner as its workers", "name it with learner:")
		case w.Learner != first.Learner && w.Learner != "":
			problem := fmt.Sprintf("%s, but worker %s has %s: %s trains one model", w.Learner, first.Name, first.Learner, setting.Article(master))
			l.fail(path+".learner", problem, "name one learner for all with learner:")
		case w.Learner != "" && !sameParams(w, first):
			problem := fmt.Sprintf("other parameters than those of worker %s: %s trains one model", first.Name, setting.Article(master))
			l.fail(path+".params", problem, "give them once, under params: for all")
		}
	}
}

// sameParams reports whether two workers' parameters mean the same to their learner, which is
// compared before.
func sameParams(a, b Worker) bool {
	if a.Info == nil || b.Info == nil {
		return a.Params.JSON() == b.Params.JSON()
	}
	return a.Params.canonical(*a.Info).JSON() == b.Params.canonical(*b.Info).JSON()
}
