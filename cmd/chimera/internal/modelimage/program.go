package modelimage

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"go/format"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
)

//go:embed main.go.tmpl
var mainFile embed.FS

var mainTemplate = template.Must(template.New("main.go.tmpl").Funcs(template.FuncMap{"quote": strconv.Quote}).ParseFS(mainFile, "main.go.tmpl"))

// module is Chimera's own.
const module = "github.com/gochimera/chimera"

// halves are the packages of the kinds of this module, below distribute: a program that links package masters has them all.
var halves = map[string]string{"aggregation": "aggregation", "parameter-server": "parameterserver", "pipeline": "pipeline", "summation": "summation"}

// MissingLearnerError is a learner, or a name in its parameters, that is not one of this module's, where no package of a project's is known
// that may have it.
type MissingLearnerError struct {
	Worker, Learner string
	Param           string // whose value it is; empty for the learner itself
}

// Error says what to do.
func (e *MissingLearnerError) Error() string {
	what := fmt.Sprintf("the learner %q", e.Learner)
	if e.Param != "" {
		what = fmt.Sprintf("the learner %q with a value of %s", e.Learner, e.Param)
	}
	return fmt.Sprintf("the model of worker %s is of %s that Chimera does not have: run this in the folder of a project whose chimera.yaml names "+
		"its package under packages", e.Worker, what)
}

// UnknownKindError is a kind of distribution that this program does not know.
type UnknownKindError struct{ Kind string }

// Error says what to do.
func (e *UnknownKindError) Error() string {
	return fmt.Sprintf("it is the model of a master of the kind %s, which Chimera does not have: run this in the folder of a project whose chimera.yaml "+
		"names its package under packages", e.Kind)
}

// program is what serves a model.
type program struct {
	text []byte // of its main package
	cgo  bool
	own  bool // it links packages of the project
}

type importSpec struct{ Name, Path, Why string }

// programOf is the program for a model. own are the import paths of the project's packages.
func programOf(m *models.Manifest, own []string) (program, error) {
	var p program
	learners, err := p.learners(m, own)
	if err != nil {
		return program{}, err
	}
	named := []importSpec{{Path: module + "/serving"}, {Path: module + "/masters/cluster"}}
	linked := learners
	master := "master.New()"
	if half, ok := halves[m.Kind]; ok {
		named = append(named, importSpec{Path: module + "/distribute/" + half + "/master"})
		linked = append(linked, importSpec{Path: module + "/distribute/" + half + "/worker", Why: "its workers"})
	} else {
		kind, ok := kindOf(m.Kind)
		if !ok || kind.Master.Package == "" {
			return program{}, &UnknownKindError{m.Kind}
		}
		master = kind.Master.Call
		name, _, _ := strings.Cut(master, ".")
		named = append(named, importSpec{Name: name, Path: kind.Master.Package})
		linked = append(linked, importSpec{Path: module + "/workers", Why: "its workers"})
		if kind.Role.Package != "" {
			linked = append(linked, importSpec{Path: kind.Role.Package, Why: "its workers"})
		}
		p.own = true
	}
	if p.own {
		for _, path := range own {
			linked = append(linked, importSpec{Path: path, Why: "the project's own"})
		}
		linked = append(linked, importSpec{Path: registry.AllRules, Why: "every rule of validate tags"})
	}
	byPath := func(a, b importSpec) int { return cmp.Compare(a.Path, b.Path) }
	slices.SortFunc(named, byPath)
	slices.SortFunc(linked, byPath)
	linked = slices.CompactFunc(linked, func(a, b importSpec) bool { return a.Path == b.Path })
	var b bytes.Buffer
	err = mainTemplate.Execute(&b, map[string]any{
		"Name": path.Base(executable), "File": modelFile, "Named": named, "Linked": linked, "Master": master,
	})
	if err != nil {
		return program{}, err
	}
	p.text, err = format.Source(b.Bytes())
	return p, err
}

// learners are the packages of the learners that hold something of the model.
func (p *program) learners(m *models.Manifest, own []string) ([]importSpec, error) {
	names := map[string][]string{}
	for _, w := range m.Workers {
		if w.Learner == "" {
			continue
		}
		info, known := shipped(w.Learner)
		open := ""
		if known {
			names[info.Package] = append(names[info.Package], w.Learner)
			p.cgo = p.cgo || info.Cgo
			open = ownValue(w)
			if open == "" {
				continue
			}
		}
		if len(own) == 0 {
			return nil, &MissingLearnerError{Worker: w.Name, Learner: w.Learner, Param: open}
		}
		p.own = true
	}
	specs := make([]importSpec, 0, len(names))
	for path, learners := range names {
		slices.Sort(learners)
		specs = append(specs, importSpec{Path: path, Why: strings.Join(slices.Compact(learners), ", ")})
	}
	return specs, nil
}

func kindOf(name string) (distribute.Kind, bool) {
	for _, k := range distribute.List() {
		if k.Name == name {
			return k, true
		}
	}
	return distribute.Kind{}, false
}

// shipped is a learner of this module.
func shipped(name string) (registry.Info, bool) {
	info, err := catalogue.Shipped().Lookup(name)
	return info, err == nil
}

// ownValue is the parameter of a worker's learner whose value is a name that this module does not have, such as that of a loss.
func ownValue(w models.Worker) string {
	var bad *registry.ParamsError
	if err := catalogue.Shipped().Check(w.Learner, w.Params); errors.As(err, &bad) {
		for _, v := range bad.Violations {
			if v.Open {
				return v.Param
			}
		}
	}
	return ""
}
