package config

import (
	"fmt"
	"path"
	"reflect"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"github.com/gochimera/chimera/internal/setting"
	"github.com/gochimera/chimera/learner"
)

// Workers is the list of workers. In the file it may be their number instead.
type Workers []Worker

// maxWorkers is the limit in the validate tag of Config.Workers; the short form
// has to check it before it makes the workers.
const maxWorkers = 1000

// ParamSchema names the type; JSONSchema knows what a worker is.
func (Workers) ParamSchema() (string, map[string]any) {
	return "list of workers, or their number", workersSchema(map[string]any{"type": "object"})
}

// newWorker is a worker with every default; copies of it share nothing.
func newWorker() Worker {
	var w Worker
	setDefaults(reflect.ValueOf(&w).Elem())
	return w
}

// decodeNode reads a list of workers, or their number.
func (ws *Workers) decodeNode(d *decoder, path string, n ast.Node) {
	*ws = nil
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		ws.decodeCount(d, path, n)
		return
	}
	*ws = make(Workers, len(list.Values))
	fresh := newWorker()
	for i, item := range list.Values {
		w := &(*ws)[i]
		*w = fresh
		if _, null := item.(*ast.NullNode); null {
			d.places[index(path, i)] = d.placeOf(item)
			continue // its name is missing, and that is reported
		}
		d.value(index(path, i), item, reflect.ValueOf(w).Elem(), "a mapping of settings")
	}
}

func (ws *Workers) decodeCount(d *decoder, path string, n ast.Node) {
	want := "want a list of workers, or their number, got " + describe(n)
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		d.fail(path, want, "begin each worker with a hyphen: - name: worker1")
		return
	}
	s := scalarOf(n)
	if s.Kind != setting.IntScalar {
		d.fail(path, want, "")
		return
	}
	count, err := strconv.ParseUint(s.Text, 0, 32)
	if err != nil || count < 1 || count > maxWorkers {
		d.fail(path, fmt.Sprintf("want 1 to %d workers, got %s", maxWorkers, setting.Clip(s.Text)), "")
		return
	}
	*ws = make(Workers, count)
	fresh := newWorker()
	for i := range *ws {
		(*ws)[i] = fresh
		(*ws)[i].Name = "worker" + strconv.Itoa(i+1)
		d.places[index(path, i)+".name"] = d.places[path]
	}
}

// inherit fills in what a worker does not set itself.
func (l *loader) inherit() {
	for i := range l.cfg.Workers {
		w, at := &l.cfg.Workers[i], index("workers", i)
		if w.Learner == "" {
			w.Learner = l.cfg.Learner
			w.Params = merged(l.cfg.Params, w.Params)
		}
		if !l.given(at + ".bootstrap") {
			w.Bootstrap = l.cfg.Bootstrap
		}
		if !l.given(at + ".seed") {
			w.Seed = learner.Seed(l.cfg.Seed, w.Name)
		}
		if w.Data == "" {
			w.Data = path.Join(DataFolder, w.Name)
		}
	}
}

// merged is the defaults with the own parameters over them.
func merged(defaults, own Params) Params {
	all := make(Params, len(defaults)+len(own))
	for name, v := range defaults {
		all[name] = v
	}
	for name, v := range own {
		all[name] = v
	}
	return all
}
