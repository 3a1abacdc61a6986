package labs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gochimera/chimera/internal/suggest"
)

// Lab is an experiment with masters and workers of this program.
type Lab struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`
	Asks      string   `json:"asks"`      // the question, with what is done to answer it
	Expect    string   `json:"expect"`    // what theory, or the literature, says
	Picture   string   `json:"picture"`   // what is seen on it
	Questions []string `json:"questions"` // to think about
	Vary      []string `json:"vary"`      // arguments of the command that are worth a try, each with what it shows: "--set a=1: ..."
	Sources   []string `json:"sources"`
	About     string   `json:"about"`   // what the chapter of the guide is about
	Chapter   string   `json:"chapter"` // of the guide, as a link within docs/
	Params    []Param  `json:"params"`

	run func(ctx context.Context, b *Bench, given map[string]string) (*Result, error)
}

// Bench is what a lab works with.
type Bench struct {
	Seed     uint64                             // of everything random
	Progress func(done, total int, what string) // what goes on; nil if nobody wants to know
}

// say reports that a lab has done so much, and what it does now.
func (b *Bench) say(done, total int, format string, args ...any) {
	if b.Progress != nil {
		b.Progress(done, total, fmt.Sprintf(format, args...))
	}
}

// define completes a lab with its parameters, the fields of P, and what it does. Mistakes in the tags of P are found by the
// tests, which look at every lab.
func define[P any](l Lab, run func(context.Context, *Bench, P) (*Result, error)) Lab {
	l.Params = paramsOf[P]()
	l.run = func(ctx context.Context, b *Bench, given map[string]string) (*Result, error) {
		p, err := read[P](l.Name, given)
		if err != nil {
			return nil, err
		}
		return run(ctx, b, p)
	}
	return l
}

// Run carries out a lab with parameters that differ from their defaults; an error about those is a *ParamError.
func (l Lab) Run(ctx context.Context, b *Bench, given map[string]string) (*Result, error) {
	start := time.Now()
	r, err := l.run(ctx, b, given)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	r.Lab, r.Seed, r.Given, r.Seconds = l.Name, b.Seed, given, time.Since(start).Seconds()
	return r, nil
}

// Find finds a lab by its name.
func Find(name string) (Lab, error) {
	all := All()
	if i := slices.IndexFunc(all, func(l Lab) bool { return l.Name == name }); i >= 0 {
		return all[i], nil
	}
	names := make([]string, len(all))
	for i, l := range all {
		names[i] = l.Name
	}
	return Lab{}, &UnknownError{Name: name, hint: suggest.Hint(name, names)}
}

// UnknownError is a name that no lab has.
type UnknownError struct {
	Name string
	hint string
}

// Error suggests names.
func (e *UnknownError) Error() string { return fmt.Sprintf("there is no lab %q%s", e.Name, e.hint) }
