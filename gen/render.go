package gen

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/format"
	"net"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/registry"
)

//go:embed *.tmpl
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"quote":   strconv.Quote,
	"literal": literal,
}).ParseFS(templateFiles, "*.tmpl"))

// literal is a Go string literal: a raw one if possible, which reads better for JSON.
func literal(s string) string {
	if strconv.CanBackquote(s) && !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

// shipped is where this module's own learners are. Which package of a
// project has which learner is known only to a program that links them, and the
// files must not depend on who generates them.
const shipped = "github.com/gochimera/chimera/learner/"

// allRules lets the parameters of a project's own learner have every rule of
// package validator. Workers of shipped learners do without, and are a third smaller.
const allRules = registry.AllRules

// bucketsPackage lets a master keep its models in a bucket. It is linked by no other, since it is large.
const bucketsPackage = "github.com/gochimera/chimera/models/cloud"

// isShipped reports whether a worker's learner is one of this module's.
func isShipped(w config.Worker) bool {
	return w.Info != nil && strings.HasPrefix(w.Info.Package, shipped)
}

// constants are the roles that package workers has a name for; a worker of another
// role names it, and links the package that has it.
var constants = map[string]string{
	config.AggregationMaster.Role():     "workers.ModelRole",
	config.ParameterServerMaster.Role(): "workers.SGDRole",
	config.PipelineMaster.Role():        "workers.StageRole",
	config.SummationMaster.Role():       "workers.SumRole",
}

// roleLiteral is a role in a generated main.
func roleLiteral(role string) string {
	if name, ok := constants[role]; ok {
		return name
	}
	return strconv.Quote(role)
}

// file is a file as it should be.
type file struct {
	path string // from the project folder, with slashes
	text []byte
}

// importSpec is one blank import.
type importSpec struct {
	Path     string
	Learners string // for the comment; "" if it is not known which
}

// render makes every file that the configuration asks for.
func render(cfg *config.Config) ([]file, error) {
	var files []file
	var problems []error
	var all []importSpec
	for i, w := range cfg.Workers {
		if !w.Generated() {
			if w.Learner != "" && cfg.Kind().OneModel { // the master has the model, wherever its workers run
				all = append(all, imports(cfg, w)...)
			}
			continue
		}
		f, imports, err := renderMain(cfg, i)
		if err != nil {
			problems = append(problems, fmt.Errorf("worker %q: %w", w.Name, err))
			continue
		}
		files = append(files, f)
		all = append(all, imports...)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if cfg.Models.StoreURL() != "" {
		all = append(all, importSpec{bucketsPackage, "the bucket of its models"})
	}
	for _, p := range cfg.Imports {
		if isLauncher(p) {
			all = append(all, importSpec{p, "what starts the workers"})
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	text, err := execute("learners.go.tmpl", map[string]any{"Header": config.GeneratedHeader, "Imports": merge(all)})
	if err != nil {
		return nil, err
	}
	return append(files, file{config.LearnersFile, text}), nil
}

func renderMain(cfg *config.Config, i int) (file, []importSpec, error) {
	w := cfg.Workers[i]
	switch {
	case !config.ValidName(w.Name):
		return file{}, nil, errors.New("the name is not a DNS label")
	case !config.ValidName(cfg.Project):
		return file{}, nil, fmt.Errorf("the project's name %q is not a DNS label", cfg.Project)
	case !config.ValidLearner(w.Learner):
		return file{}, nil, fmt.Errorf("%q is not a learner's name", w.Learner)
	}
	imports := imports(cfg, w)
	if len(imports) == 0 {
		return file{}, nil, fmt.Errorf("it is not known which package has the learner %s: name your own under packages: in %s", w.Learner, config.FileName)
	}
	imports = append(imports, formats(cfg.DataFolder(i))...)
	role := cfg.Kind().Role
	if role.Name == "" {
		return file{}, nil, fmt.Errorf("this program does not have the master %q", cfg.Master)
	}
	linked := slices.Clone(imports)
	if role.Package != "" {
		linked = append(linked, importSpec{Path: role.Package})
	}
	linked = append(linked, telemetry(cfg.Telemetry)...)
	if !isShipped(w) {
		linked = append(linked, importSpec{allRules, "every rule of validate tags"})
	}
	linked = merge(linked)
	params := w.Params.JSON()
	if params == "{}" {
		params = ""
	}
	text, err := execute("main.go.tmpl", map[string]any{
		"Header": config.GeneratedHeader, "Name": w.Name, "Project": cfg.Project, "Role": roleLiteral(cfg.Master.Role()), "Imports": linked,
		"Learner": w.Learner, "Params": params, "Seed": w.Seed, "Bootstrap": w.Bootstrap, "Faults": w.Faults.JSON(), "ConfigHash": cfg.WorkerHash(i),
		"Data": cfg.ReadingJSON(), "Hosts": hosts(cfg, w), "Members": members(cfg),
	})
	return file{path.Join(config.WorkersFolder, w.Name, "main.go"), text}, imports, err
}

// telemetryFolder has the packages by which others can see what a worker does.
const telemetryFolder = "github.com/gochimera/chimera/telemetry"

// telemetry are the packages by which others can see what a worker does, as far as they are wanted.
func telemetry(t config.Telemetry) (list []importSpec) {
	if t.Metrics {
		list = append(list, importSpec{telemetryFolder + "/metrics", "for Prometheus, at /metrics"})
	}
	if t.Traces {
		list = append(list, importSpec{telemetryFolder + "/traces", "for an OpenTelemetry collector"})
	}
	return list
}

// hosts are the names by which a worker that is started elsewhere may be called; one that a launcher starts gets
// them from that.
func hosts(cfg *config.Config, w config.Worker) []string {
	if w.URL == "" {
		return nil
	}
	names := slices.Clone(cfg.Access.Hosts)
	if u, err := url.Parse(w.URL); err == nil {
		names = append(names, u.Hostname())
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" || name == "localhost" || net.ParseIP(name) != nil })
}

// members are the project's workers where they call each other, so that each calls nobody else; nil where they do not.
func members(cfg *config.Config) []config.Worker {
	if !cfg.Kind().SharesLayers {
		return nil
	}
	return cfg.Workers
}

func execute(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return nil, err
	}
	text, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return text, nil
}

// imports are the packages that a worker links: its learner's if that is one
// of this module's, and all of the project's own if its learner or a name in its
// parameters does not belong to this module, since it may be in any of them.
func imports(cfg *config.Config, w config.Worker) []importSpec {
	var all []importSpec
	if isShipped(w) || w.Info != nil && len(cfg.Imports) == 0 {
		all = []importSpec{{w.Info.Package, w.Learner}}
		if !namesOwn(w) {
			return all
		}
	}
	for _, p := range cfg.Imports {
		if !isLauncher(p) {
			all = append(all, importSpec{Path: p})
		}
	}
	return merge(all)
}

// isLauncher reports whether a package is a launcher that comes with Chimera in a module of its own: workers do not link what starts them.
func isLauncher(path string) bool {
	return slices.ContainsFunc(config.Launchers(), func(l config.LauncherInfo) bool { return l.Package == path })
}

// namesOwn reports whether a worker's parameters have a name, such as that of a
// loss, that this module does not know. What this program links besides does
// not count: the files must not depend on who generates them.
func namesOwn(w config.Worker) bool {
	var bad *registry.ParamsError
	if !errors.As(catalogue.Shipped().Check(w.Learner, json.RawMessage(w.Params.JSON())), &bad) {
		return false
	}
	return slices.ContainsFunc(bad.Violations, func(v registry.Violation) bool { return v.Open })
}

// merge sorts imports and makes one of those with the same path.
func merge(all []importSpec) []importSpec {
	learners := map[string][]string{}
	for _, i := range all {
		known := learners[i.Path]
		if i.Learners != "" && !slices.Contains(known, i.Learners) {
			known = append(known, i.Learners)
		}
		learners[i.Path] = known
	}
	merged := make([]importSpec, 0, len(learners))
	for p, names := range learners {
		slices.Sort(names)
		merged = append(merged, importSpec{p, strings.Join(names, ", ")})
	}
	slices.SortFunc(merged, func(a, b importSpec) int { return strings.Compare(a.Path, b.Path) })
	return merged
}

// UsesCgo reports whether a worker's learner needs cgo to be built. It is not
// known for a project's own learner that this program does not link, nor for a
// worker whose main was written by hand.
func UsesCgo(w config.Worker) (uses, known bool) {
	if w.Info == nil {
		return false, false
	}
	return w.Info.Cgo, true
}
