package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/internal/environment"
	"github.com/gochimera/chimera/internal/setting"
)

// The variables that hold more than the text of one field; Reference names all of them.
const (
	ProjectVariable    = environment.Project            // the project folder: see FindProject
	WorkersNodesNames  = "CHIMERA_WORKERS_NODES_NAMES"  // JSON list: the workers, and no others
	WorkersCPUShares   = "CHIMERA_WORKERS_CPU_SHARES"   // JSON list: one for each worker, or one for all
	WorkersMappedPorts = "CHIMERA_WORKERS_MAPPED_PORTS" // JSON list: one for each worker
)

// variable is an environment variable's trimmed text; an empty one is not set.
func (l *loader) variable(name string) (string, bool) {
	text, ok := l.opts.Env(name)
	text = strings.TrimSpace(text)
	return text, ok && text != ""
}

func (l *loader) readEnvironment() {
	walk(reflect.TypeFor[Config](), "", func(path string, f field) {
		name := f.Env
		if name == "" || strings.Contains(path, "[]") {
			return
		}
		if text, ok := l.variable(name); ok {
			l.overlay(path, text, name)
		}
	})
	l.readNames()
	l.readShares()
	l.readPorts()
}

// readNames makes the workers those that the variable names, in its order.
// Those that are also in the file keep their settings; the file's others are left out.
func (l *loader) readNames() {
	names, ok := listOf[string](l, WorkersNodesNames, "workers", `names such as ["tree1","tree2"]`)
	if !ok {
		return
	}
	for i, name := range names {
		names[i] = l.mapped(name)
	}
	file := map[string]int{}
	for i, w := range l.cfg.Workers {
		if _, ok := file[w.Name]; !ok {
			file[w.Name] = i
		}
	}
	moved := map[int]int{}
	workers := make(Workers, len(names))
	fresh := newWorker()
	for i, name := range names {
		workers[i] = fresh
		if from, ok := file[name]; ok {
			workers[i] = l.cfg.Workers[from]
			moved[from] = i
		}
		workers[i].Name = name
	}
	l.cfg.Workers = workers
	l.renumber(moved)
	l.places["workers"] = place{file: WorkersNodesNames}
	for i := range workers {
		l.places[index("workers", i)] = place{file: WorkersNodesNames}
		l.places[index("workers", i)+".name"] = place{file: WorkersNodesNames}
	}
}

// renumber moves what is known of worker i to worker to[i], and forgets those
// that are not in it.
func (l *loader) renumber(to map[int]int) {
	l.places, l.keys, l.bad = renumbered(l.places, to), renumbered(l.keys, to), renumbered(l.bad, to)
}

var workerPath = regexp.MustCompile(`^workers\[([0-9]+)\]`)

func renumbered[M ~map[string]V, V any](paths M, to map[int]int) M {
	out := make(M, len(paths))
	for path, v := range paths {
		if m := workerPath.FindStringSubmatch(path); m != nil {
			from, _ := strconv.Atoi(m[1])
			i, ok := to[from]
			if !ok {
				continue
			}
			path = index("workers", i) + path[len(m[0]):]
		}
		out[path] = v
	}
	return out
}

// readShares reads the CPU shares: a list, or one number, for all.
func (l *loader) readShares() {
	if text, ok := l.variable(WorkersCPUShares); ok {
		if one := setting.Plain(text); one.Kind == setting.IntScalar {
			l.perWorker(WorkersCPUShares, "cpu_shares", []setting.Scalar{one}, true)
			return
		}
	}
	if list, ok := listOf[json.Number](l, WorkersCPUShares, "workers[].cpu_shares", "whole numbers such as [2,2]"); ok {
		l.perWorker(WorkersCPUShares, "cpu_shares", numbers(list), true)
	}
}

func (l *loader) readPorts() {
	if list, ok := listOf[json.Number](l, WorkersMappedPorts, "workers[].port", "whole numbers such as [8081,8082]"); ok {
		l.perWorker(WorkersMappedPorts, "port", numbers(list), false)
	}
}

func numbers(list []json.Number) []setting.Scalar {
	out := make([]setting.Scalar, len(list))
	for i, n := range list {
		out[i] = setting.Plain(n.String())
	}
	return out
}

// perWorker gives worker i the i-th value of a field.
func (l *loader) perWorker(variable, name string, values []setting.Scalar, forAll bool) {
	n := len(l.cfg.Workers)
	if len(values) != n && (!forAll || len(values) != 1) {
		want := fmt.Sprintf("want one for each of the %d workers", n)
		if forAll {
			want += ", or one for all"
		}
		l.add(place{file: variable}, "workers[]."+name, fmt.Sprintf("%s, got %d", want, len(values)), "")
		return
	}
	f, _, _ := find(l.fields(reflect.TypeFor[Worker]()), name)
	for i := range l.cfg.Workers {
		path := index("workers", i) + "." + name
		l.forget(path)
		l.places[path] = place{file: variable}
		v := f.in(reflect.ValueOf(&l.cfg.Workers[i]).Elem())
		if problem, advice := values[min(i, len(values)-1)].Set(v, f.want()); problem != "" {
			l.fail(path, problem, advice)
		}
	}
}
