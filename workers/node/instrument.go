package node

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
)

// Instrument watches workers for somebody outside: it measures what they do. A program links those that it wants.
type Instrument struct {
	Name string
	// Watch begins to watch a worker, whose operations are not there yet.
	Watch func(n *Node) (Watching, error)
}

// Watching is an instrument at one worker. Any field may be nil or empty.
type Watching struct {
	Path string       // what the instrument shows, beside the worker's operations
	Page http.Handler // at Path

	Wrap func(next http.Handler) http.Handler // handles all requests, and hands them on to next

	Close func() error // ends the instrument, after the last request
}

// instruments is the registry of the instruments that the program links.
var instruments struct {
	sync.RWMutex
	byName map[string]Instrument
}

// RegisterInstrument registers an instrument by its name, from an init function: programs of workers, which import its package,
// then have it. It panics on a mistake in the program: one without a name or without Watch, or one that is already registered.
func RegisterInstrument(i Instrument) {
	instruments.Lock()
	defer instruments.Unlock()
	if _, taken := instruments.byName[i.Name]; taken || i.Name == "" || i.Watch == nil {
		panic(fmt.Sprintf("node: instrument %q has no name, has no Watch, or is registered already", i.Name))
	}
	if instruments.byName == nil {
		instruments.byName = map[string]Instrument{}
	}
	instruments.byName[i.Name] = i
}

// Instruments lists the registered instruments, by name.
func Instruments() []Instrument {
	instruments.RLock()
	defer instruments.RUnlock()
	all := make([]Instrument, 0, len(instruments.byName))
	for _, i := range instruments.byName {
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b Instrument) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// mountInstruments has instruments watch the node. The first one sees a request first.
func (n *Node) mountInstruments(list []Instrument) error {
	n.watched = n.api
	for _, i := range slices.Backward(list) {
		w, err := i.Watch(n)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", i.Name, err), n.Close())
		}
		if w.Page != nil {
			n.callers.open(w.Path)
			n.api.Handle("GET "+w.Path, w.Page)
		}
		if w.Wrap != nil {
			n.watched = w.Wrap(n.watched)
		}
		if w.Close != nil {
			n.closing = append(n.closing, w.Close)
		}
	}
	return nil
}

// Close ends what watches the worker.
func (n *Node) Close() error {
	var errs []error
	for _, end := range n.closing {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}

// Status is what the worker reports of itself.
func (n *Node) Status() (api.WorkerStatus, error) { return n.status() }

// Route is the path of the operation that a request goes to, as it was registered; empty if there is none.
func (n *Node) Route(r *http.Request) string { return n.api.Route(r) }

// Memory says how much of the memory for requests is in use.
func (n *Node) Memory() []rest.MemoryLoad { return n.api.Memory() }
