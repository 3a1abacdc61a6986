package compare

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/gochimera/chimera/cmd/chimera/internal/trial"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/registry"
)

// Alone is the name of the reference: the learner's own Fit in one process, on all rows.
const Alone = "one process"

// aloneKind is the kind of master whose workers fit by the learner's own Fit; with one worker, that is all it does.
const aloneKind = "aggregation"

// Way is a way to train the project's learner.
type Way struct {
	Name    string   // the kind of master, or Alone
	Remarks []string // what its settings have otherwise than the project's

	kind     distribute.Kind
	settings *trial.Document
	loaded   *config.Config // of the settings
}

// Refusal is a way that is not possible.
type Refusal struct {
	Way    string `json:"way"`
	Reason string `json:"reason"`
}

// Project is what is compared.
type Project struct {
	Config    *config.Config
	Settings  *trial.Document // its chimera.yaml, with what the comparison changes
	Learners  []registry.Info // of each worker
	Catalogue config.Catalogue
}

// Ways are the kinds of masters of these names that can train the project's learner, after the reference, and why others cannot.
func (p Project) Ways(masters []string) (ways []Way, cannot []Refusal) {
	add := func(w Way, err error) {
		var notes []string
		if err == nil {
			w.loaded, notes, err = p.loads(w.settings)
		}
		if err != nil {
			cannot = append(cannot, Refusal{w.Name, err.Error()})
			return
		}
		w.Remarks = append(w.Remarks, notes...)
		ways = append(ways, w)
	}
	add(p.alone())
	for _, name := range masters {
		k, known := distribute.Lookup(name)
		if !known {
			cannot = append(cannot, Refusal{name, "there is no such kind of master"})
			continue
		}
		add(p.by(k))
	}
	return ways, cannot
}

// by is the project with a master of a kind. What the project's settings say that is about another kind of master, and would be refused
// or do nothing, is left out or goes where this kind has it, and is remarked.
func (p Project) by(k distribute.Kind) (Way, error) {
	w := Way{Name: k.Name, kind: k, settings: p.Settings.Clone()}
	for _, info := range p.Learners {
		if need, lacks := k.Lacks(info); lacks {
			return w, fmt.Errorf("it cannot train %s: %s", info.Name, need.Lacking)
		}
	}
	w.settings.Set("master", k.Name)
	if k.OneModel && slices.ContainsFunc(p.Config.Workers, func(c config.Worker) bool { return c.Bootstrap }) {
		w.settings.Remove("bootstrap")
		w.fromWorkers("bootstrap")
		w.Remarks = append(w.Remarks, "without bootstrap: its workers train one model, on all their rows")
	}
	if !k.SharesLayers {
		w.fromWorkers("layers")
	}
	w.ownTraining()
	w.ownAlgorithm(p.Learners[0])
	return w, nil
}

// fromWorkers removes a setting of each worker.
func (w *Way) fromWorkers(name string) {
	workers, _ := w.settings.Get("workers").([]any)
	for i, one := range workers {
		if item, ok := one.(yaml.MapSlice); ok {
			workers[i] = without(item, name)
		}
	}
}

func without(in yaml.MapSlice, name string) yaml.MapSlice {
	return slices.DeleteFunc(in, func(item yaml.MapItem) bool { return item.Key == name })
}

// ownTraining takes parameters of the learner that are about training to the settings of a kind that trains by those.
func (w *Way) ownTraining() {
	if !w.kind.OwnsTraining {
		return
	}
	params, _ := w.settings.Get("params").(yaml.MapSlice)
	var moved []string
	for _, item := range slices.Clone(params) {
		name, _ := item.Key.(string)
		setting, has := settingOf(w.kind, name)
		if !has {
			continue
		}
		params = without(params, name)
		path := w.kind.Section + "." + setting
		if w.settings.Get(path) == nil {
			w.settings.Set(path, item.Value)
			moved = append(moved, name)
		}
	}
	w.settings.Set("params", params)
	if len(moved) > 0 {
		w.Remarks = append(w.Remarks, fmt.Sprintf("it trains by its own settings, so %s of params went to %s", strings.Join(moved, ", "), w.kind.Section))
	}
}

// settingOf is the setting of a kind with this name, or which had it formerly.
func settingOf(k distribute.Kind, name string) (setting string, has bool) {
	for _, f := range reflect.VisibleFields(k.SettingsType()) {
		own, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if own != "" && own != "-" && (own == name || f.Tag.Get("formerly") == name) {
			return own, true
		}
	}
	return "", false
}

// ownAlgorithm leaves out the parameters that steer the learner's own algorithm, where a kind has another.
func (w *Way) ownAlgorithm(info registry.Info) {
	if _, follows := w.kind.NewSettings().(distribute.Follower); !follows {
		return
	}
	params, _ := w.settings.Get("params").(yaml.MapSlice)
	var left []string
	for _, p := range info.Params {
		if p.Training == registry.TrainingOwn && w.settings.Get("params."+p.Name) != nil {
			params, left = without(params, p.Name), append(left, p.Name)
		}
	}
	if len(left) > 0 {
		w.settings.Set("params", params)
		w.Remarks = append(w.Remarks, fmt.Sprintf("without %s: it steers the learner's own algorithm", strings.Join(left, ", ")))
	}
}

// alone is the reference.
func (p Project) alone() (Way, error) {
	kind, _ := distribute.Lookup(aloneKind)
	w := Way{Name: Alone, kind: kind, settings: p.Settings.Clone()}
	first := p.Config.Workers[0]
	for _, c := range p.Config.Workers[1:] {
		if c.Learner != first.Learner || c.Params.JSON() != first.Params.JSON() {
			return w, fmt.Errorf("workers %s and %s have different learners or parameters, so there is no one model", first.Name, c.Name)
		}
	}
	w.settings.Set("master", kind.Name)
	w.settings.Remove("bootstrap")
	w.settings.Remove(kind.Section)
	only := yaml.MapSlice{{Key: "name", Value: first.Name}}
	if workers, ok := p.Settings.Get("workers").([]any); ok {
		item, _ := workers[0].(yaml.MapSlice)
		for _, one := range item {
			if one.Key == "learner" || one.Key == "params" || one.Key == "seed" {
				only = append(only, one)
			}
		}
	}
	w.settings.Set("workers", []any{only})
	return w, nil
}

// placed begins a note on a setting of a chimera.yaml that nobody has seen.
var placed = regexp.MustCompile(`^` + regexp.QuoteMeta(config.FileName) + `:\d+:\d+: `)

// again is the settings for another fit: the seed, and those that workers have of their own, are others.
func (w *Way) again(repeat int) *trial.Document {
	d := w.settings.Clone()
	if repeat == 0 {
		return d
	}
	d.Set("seed", w.loaded.Seed+uint64(repeat))
	workers, _ := d.Get("workers").([]any)
	for i, one := range workers {
		item, _ := one.(yaml.MapSlice)
		for k := range item {
			if item[k].Key == "seed" {
				item[k].Value = w.loaded.Workers[i].Seed + uint64(repeat)
			}
		}
	}
	return d
}

// loads reads a chimera.yaml as the project would. It also returns the notes on settings; the error is the first thing that is wrong.
func (p Project) loads(d *trial.Document) (cfg *config.Config, notes []string, err error) {
	text, err := d.Text()
	if err != nil {
		return nil, nil, err
	}
	cfg, err = config.Parse(config.FileName, text, config.Options{Dir: p.Config.Dir, Catalogue: p.Catalogue})
	var bad config.Errors
	if errors.As(err, &bad) {
		plain := config.Error{Field: bad[0].Field, Problem: bad[0].Problem, Hint: bad[0].Hint}
		return nil, nil, errors.New(plain.Error())
	}
	if err != nil {
		return nil, nil, err
	}
	for _, note := range cfg.Notes {
		if at := placed.FindString(note); at != "" {
			notes = append(notes, strings.TrimPrefix(note, at))
		}
	}
	return cfg, notes, nil
}

// Set changes a setting of the project, by its path, for all ways: "params.alpha", or one in a section of a kind, which is about that
// kind alone.
func (p Project) Set(path, text string) error {
	value, err := trial.ParseValue(text)
	if err != nil {
		return err
	}
	top, name, nested := strings.Cut(path, ".")
	if slices.Contains([]string{"project", "master", "launcher", "packages", "workers", "data", "target", "learner"}, top) {
		return fmt.Errorf("%s is the same in a comparison: want a parameter such as params.alpha, or a setting such as seed or one of a kind of master", path)
	}
	if top != "params" || !nested {
		p.Settings.Set(path, value)
	} else if !p.Settings.SetParam(name, value, p.has(name)) {
		return fmt.Errorf("no learner of the project has the parameter %s", name)
	}
	_, _, err = p.loads(p.Settings)
	return err
}

// has says which learners have a parameter.
func (p Project) has(name string) func(learner string) bool {
	return func(learner string) bool {
		info, err := p.Catalogue.Lookup(learner)
		return err == nil && slices.ContainsFunc(info.Params, func(r registry.Param) bool { return r.Name == name })
	}
}
