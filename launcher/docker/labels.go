package docker

import (
	"github.com/docker/docker/api/types/filters"
)

// The labels of everything that this package makes on an engine.
const (
	LabelProject = "io.github.gochimera.project" // containers, networks, images
	LabelVersion = "io.github.gochimera.version" // of Chimera; containers, networks, images
	LabelWorker  = "io.github.gochimera.worker"  // containers, images
	LabelRun     = "io.github.gochimera.run"     // one launch; containers, networks
)

// having selects what has all of the labels, each "name=value", or "name" for
// any value. A container that a person makes of one of our images has the image's labels,
// so ours are those that have LabelRun too.
func having(labels ...string) filters.Args {
	args := filters.NewArgs()
	for _, l := range labels {
		args.Add("label", l)
	}
	return args
}
