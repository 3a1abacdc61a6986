package validate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/catalogue"
	"github.com/gochimera/chimera/registry"
)

// asked is the folder in which the compiler sees the main package of [Own]'s worker.
const asked = "chimera_asked"

// Own describes the learners of the project's own packages, whether a worker uses
// them or not, by name, and those of this module that have open parameters, whose
// options the packages may add to: a worker that links all of them is built and
// asked. The error is a *BuildError if that does not build.
func Own(ctx context.Context, cfg *config.Config) ([]registry.Info, error) {
	if len(cfg.Imports) == 0 {
		return nil, nil
	}
	built, err := build(ctx, cfg, map[string][]byte{asked: ownMain(append(openPackages(), cfg.Imports...))})
	if err != nil {
		return nil, err
	}
	d, err := describe(ctx, built[asked])
	if err != nil {
		return nil, fmt.Errorf("asking a worker about the learners that it has: %w", err)
	}
	// a package of the project's may link other learners of this module
	return slices.DeleteFunc(d.Known, func(info registry.Info) bool { return !catalogue.Own(info) && !info.Open() }), nil
}

// openPackages are the packages of this module's learners with open parameters.
func openPackages() []string {
	var packages []string
	for _, info := range catalogue.Shipped().List() {
		if info.Open() && !slices.Contains(packages, info.Package) {
			packages = append(packages, info.Package)
		}
	}
	return packages
}

// ownMain is the main of a worker that has all learners of the packages, and
// is only asked about them.
func ownMain(packages []string) []byte {
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\t\"github.com/gochimera/chimera/workers\"\n")
	for _, p := range packages {
		fmt.Fprintf(&b, "\t_ %q\n", p)
	}
	b.WriteString(")\n\nfunc main() { workers.Main(workers.Spec{}) }\n")
	return []byte(b.String())
}
