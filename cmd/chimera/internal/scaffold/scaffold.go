package scaffold

import (
	"bytes"
	"context"
	"embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/gochimera/chimera/cmd/chimera/internal/datafile"
	"github.com/gochimera/chimera/cmd/chimera/internal/split"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/gen"
	"github.com/gochimera/chimera/internal/atomicfile"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

//go:embed template/*.tmpl template/gitignore template/iris.csv template/centroid/*.go
var files embed.FS

var templates = template.Must(template.ParseFS(files, "template/*.tmpl"))

// Own is the learner in a new project's own package. It has the capabilities of a
// plain Estimator.
const Own = "nearest-centroid"

// maxWorkers is how many workers the data set is enough for.
const maxWorkers = 40

const heldOut = 30 // rows of the data set for a test

// Options say what to make.
type Options struct {
	Dir       string // made if it is missing, else it must be empty
	Module    string // the module's path; "" is example.com/<project>
	Master    config.Master
	Learner   string // "" is the one that Default gives
	Workers   int
	Replace   string           // the folder of Chimera's own source, which the module requires
	Catalogue config.Catalogue // the learners that come with Chimera
	Data      *Data            // the user's own; nil is the iris data set, and a learner of the project's own beside it
}

// Result is what was made.
type Result struct {
	Dir, Project, Learner string
	Task                  learner.Task
	About                 string        // of the user's data: what it is and which task it shows; else ""
	Split                 *split.Report // of the user's data, how it was dealt out; else nil
}

// Error says why a project cannot be made with the given options.
type Error struct{ Reason string }

// Error is the reason.
func (e *Error) Error() string { return e.Reason }

func refuse(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// Masters are the kinds of masters that a project can have.
func Masters() []string { return distribute.Names() }

// MasterFor is the first kind of master that trains for a task without targets; otherwise if there is none.
func MasterFor(task learner.Task, otherwise string) string {
	for _, k := range distribute.List() {
		if slices.Contains(k.WithoutTargets, task) {
			return k.Name
		}
	}
	return otherwise
}

// Default is the learner that a new project of this kind of master uses; "" if
// there is no such master.
func Default(m config.Master) string {
	k, ok := distribute.Lookup(string(m))
	if ok && k.DefaultLearner == "" {
		return Own
	}
	return k.DefaultLearner
}

// Init makes a project. Nothing is written if anything is wrong with the options; the
// error is then an *Error or a config.Errors.
func Init(ctx context.Context, o Options) (*Result, error) {
	dir, err := emptyFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	p, err := o.plan(ctx, dir)
	if err != nil {
		return nil, err
	}
	mod, sum, err := moduleFiles(ctx, p.Module, o.Replace)
	if err != nil {
		return nil, err
	}
	var set atomicfile.Set
	if err := p.write(&set, mod, sum); err != nil {
		return nil, errors.Join(err, set.Abort())
	}
	made := &Result{Dir: dir, Project: p.Project, Learner: p.Learner, Task: p.Task}
	if o.Data != nil { // before anything else is there: the rows decide whether a project can be made of them
		if made.Split, err = p.splitOwn(ctx, o.Data); err != nil {
			return nil, errors.Join(err, set.Abort())
		}
		made.About = fmt.Sprintf("%s: %d rows, %d columns; %s", p.Look.File, p.Look.Rows, p.Look.Columns, p.Look.Summary())
	}
	if err := set.Commit(); err != nil {
		return nil, err
	}
	if o.Data == nil {
		if err := p.splitData(ctx); err != nil {
			return nil, err
		}
	}
	cfg, err := config.Load(config.Options{Dir: dir, Catalogue: o.Catalogue})
	if err != nil {
		return nil, err
	}
	if _, err := gen.Generate(ctx, cfg, gen.Options{}); err != nil {
		return nil, err
	}
	return made, nil
}

// plan is what the templates are filled with.
type plan struct {
	dir     string
	Project string
	Module  string
	Master  config.Master
	Kind    distribute.Kind
	Learner string
	Task    learner.Task
	Workers []string

	Look        *look  // of the user's data; nil for the iris data set
	Alternative string // the learner for the other task; "" if there is none
	Tested      bool   // rows are held out
}

// plan checks the options; the checks of chimera.yaml itself are those of config.
func (o Options) plan(ctx context.Context, dir string) (*plan, error) {
	p := &plan{dir: dir, Project: projectName(filepath.Base(dir)), Module: o.Module, Master: o.Master, Learner: o.Learner, Task: learner.Classification}
	var known bool
	if p.Kind, known = distribute.Lookup(string(o.Master)); !known {
		return nil, refuse("--master: want one of %s, got %q", strings.Join(Masters(), ", "), o.Master)
	}
	if p.Module == "" {
		p.Module = "example.com/" + p.Project
	}
	if _, err := config.ImportPath(dir, p.Module); err != nil || strings.HasPrefix(p.Module, ".") {
		return nil, refuse("--module: want a module's path such as example.com/me/iris, got %q", p.Module)
	}
	if most, words := o.most(); o.Workers < 1 || o.Workers > most {
		return nil, refuse("--workers: want 1 to %s, got %d", words, o.Workers)
	}
	if o.Data != nil {
		var err error
		if p.Look, err = o.Data.look(ctx); err != nil {
			return nil, err
		}
		p.Task, p.Alternative, p.Tested = p.Look.Task, o.favourite(p.Look.Other()), o.Data.Holdout != (split.Holdout{})
		if !p.Task.Supervised() && !slices.Contains(p.Kind.WithoutTargets, p.Task) {
			return nil, refuse("--master: %s does not train for %s; take %s", o.Master, p.Task, MasterFor(p.Task, "another one"))
		}
		if p.Learner == "" {
			p.Learner = o.favourite(p.Task)
		}
	}
	if p.Learner == "" {
		p.Learner = Default(o.Master)
	}
	for i := range o.Workers {
		p.Workers = append(p.Workers, "worker"+strconv.Itoa(i+1))
	}
	learners := withOwn{o.Catalogue}
	if info, err := learners.Lookup(p.Learner); err == nil {
		if p.Look != nil && info.Task != p.Task {
			return nil, refuse("--learner: %s is for %s, and the data shows a %s: say --task %s if it is one", p.Learner, info.Task, p.Look.Summary(), info.Task)
		}
		p.Task = info.Task
	}
	text, err := p.render(p.yaml())
	if err != nil {
		return nil, err
	}
	text = bytes.Replace(text, []byte("packages: [./centroid]"), []byte("packages: []"), 1) // so that every learner is known
	_, err = config.Parse(config.FileName, text, config.Options{Catalogue: learners})
	var bad config.Errors
	if errors.As(err, &bad) { // the user did not write the file that the places are in
		reason := bad[0].Problem
		if bad[0].Hint != "" {
			reason += "; " + bad[0].Hint
		}
		return nil, refuse("%s: %s", bad[0].Field, reason)
	}
	return p, err
}

// withOwn is a catalogue that also has the project's own learner.
type withOwn struct{ config.Catalogue }

// Lookup describes one learner.
func (c withOwn) Lookup(name string) (registry.Info, error) {
	if name == Own {
		return registry.Info{Name: Own, Task: learner.Classification, Capabilities: []registry.Capability{registry.Estimator}}, nil
	}
	return c.Catalogue.Lookup(name)
}

// Check checks a learner's parameters; a new project's own learner gets none.
func (c withOwn) Check(name string, params json.RawMessage) error {
	if name == Own {
		return nil
	}
	return c.Catalogue.Check(name, params)
}

// yaml and readme are the templates of a project with the user's data, or without.
func (p *plan) yaml() string {
	if p.Look != nil {
		return "data.yaml.tmpl"
	}
	return "chimera.yaml.tmpl"
}

func (p *plan) readme() string {
	if p.Look != nil {
		return "DATA.md.tmpl"
	}
	return "README.md.tmpl"
}

// HiddenLayers is how many hidden layers a perceptron needs so that every
// worker of a pipeline has a layer: each brings two, and there is one at the end.
func (p *plan) HiddenLayers() []int { return slices.Repeat([]int{16}, max(2, len(p.Workers)/2)) }

func (p *plan) render(name string) ([]byte, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// write begins every file but the data.
func (p *plan) write(set *atomicfile.Set, mod, sum []byte) error {
	texts := map[string][]byte{"go.mod": mod, "go.sum": sum}
	for name, from := range map[string]string{"chimera.yaml": p.yaml(), "main.go": "main.go.tmpl", "README.md": p.readme()} {
		text, err := p.render(from)
		if err == nil && name == "main.go" {
			text, err = format.Source(text) // which sorts the imports
		}
		if err != nil {
			return err
		}
		texts[name] = text
	}
	copied := map[string]string{".gitignore": "gitignore"}
	if p.Look == nil {
		copied["centroid/centroid.go"], copied["centroid/centroid_test.go"] = "centroid/centroid.go", "centroid/centroid_test.go"
	}
	for name, from := range copied {
		text, err := files.ReadFile("template/" + from)
		if err != nil {
			return err
		}
		texts[name] = text
	}
	for name, text := range texts {
		f, err := set.Create(filepath.Join(p.dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		if _, err := f.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// splitData deals the iris data out to the workers. The features are the measures
// and the target is the species; for regression it is the last measure.
func (p *plan) splitData(ctx context.Context) (err error) {
	text, err := files.ReadFile("template/iris.csv")
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return err
	}
	var x, y strings.Builder
	target := len(rows[0]) - 1
	if p.Task == learner.Regression {
		target--
	}
	for _, row := range rows {
		x.WriteString(strings.Join(row[:target], ",") + "\n")
		y.WriteString(row[target] + "\n")
	}
	scratch, err := os.MkdirTemp("", "chimera-init-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	o := split.Options{
		Data: datafile.Source{Features: filepath.Join(scratch, "X.csv"), Target: filepath.Join(scratch, "y.csv")}, TestDir: filepath.Join(p.dir, "test_data"),
		By: split.Strategy{Kind: split.Stratified}, Holdout: split.Holdout{Rows: heldOut}, Seed: 1,
	}
	switch {
	case p.Kind.SharesLayers: // and not the rows
		o.By.Kind = split.Replicate
	case p.Task == learner.Regression:
		o.By.Kind = split.IID
	}
	for _, w := range p.Workers {
		o.Workers = append(o.Workers, split.Destination{Worker: w, Dir: filepath.Join(p.dir, config.DataFolder, w)})
	}
	if err := errors.Join(os.WriteFile(o.Data.Features, []byte(x.String()), 0o600), os.WriteFile(o.Data.Target, []byte(y.String()), 0o600)); err != nil {
		return err
	}
	_, err = split.Split(ctx, o)
	return err
}

// CheckFolder says whether a project can be made in a folder; the error is an
// *Error.
func CheckFolder(dir string) error {
	_, err := emptyFolder(dir)
	return err
}

// emptyFolder refuses a folder that has something in it; a repository without
// files counts as empty.
func emptyFolder(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return dir, nil
	}
	if err != nil {
		return "", refuse("%s is not a folder that can be read", dir)
	}
	for _, e := range entries {
		if e.Name() != ".git" {
			return "", refuse("%s is not empty: it has %s; name another folder", dir, e.Name())
		}
	}
	return dir, nil
}

// projectName makes a folder's name a DNS label.
func projectName(folder string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(folder) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			b.WriteByte('-')
		}
	}
	name := strings.Trim(b.String(), "-")
	words := []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"} // which YAML takes for something else
	if name == "" || name[0] <= '9' || slices.Contains(words, name) {
		name = strings.Trim("project-"+name, "-")
	}
	return strings.Trim(name[:min(len(name), 40)], "-")
}
