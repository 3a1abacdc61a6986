package launcher

import (
	"context"
	"io"
)

// Thing is something that a launcher has made where its workers run, and that outlives a program that is killed.
type Thing struct {
	Kind string // as what keeps it calls it
	Name string
}

// Remover is a launcher that can remove what it has made. `chimera down` asks it.
type Remover interface {
	// Down removes all that the project has where this launcher's workers run, whether it runs or was left by a killed program, and
	// nothing else. What could not be removed is in the error; the rest is removed nevertheless.
	Down(ctx context.Context, project string) ([]Thing, error)
}

// Running is a worker as what runs it sees it.
type Running struct {
	Worker  string
	Name    string // of its container or pod
	State   string // in a word
	Status  string // in words
	Node    string // the machine that it runs on; may be empty
	Address string // in the workers' network; empty while it does not run
	Image   string
}

// Lister is a launcher that can say what runs. `chimera ps` asks it.
type Lister interface {
	// Running lists the project's workers, by their names.
	Running(ctx context.Context, project string) ([]Running, error)
}

// Manifests say what a [Manifester] is to write.
type Manifests struct {
	To         io.Writer // the objects
	Images     string    // folder for the workers' images, a file each; empty: they go to the registry, if the project has one
	Permission bool      // what a master has to be permitted, in place of the project's objects
}

// Manifester is a launcher whose workers are described by objects that somebody can apply by himself. `chimera manifests` asks it.
type Manifester interface {
	// Manifests builds the plan's workers and writes what it takes to run them, but nothing secret.
	Manifests(ctx context.Context, p Plan, m Manifests) error
}
