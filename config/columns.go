package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/suggest"
	"github.com/gochimera/chimera/prepare"
)

// UnknownColumns are the settings of section prepare about columns that no worker has; columns are those of all workers.
func (c *Config) UnknownColumns(columns []string) (problems Errors) {
	names := slices.Compact(slices.Sorted(slices.Values(columns)))
	look := func(path, name string) {
		if !slices.Contains(names, name) {
			hint := strings.TrimPrefix(suggest.Hint(name, suggest.Closest(name, names)), "; ")
			problems = append(problems, c.Problem(path, fmt.Sprintf("no worker has a column %q", name), hint))
		}
	}
	for i, name := range c.Prepare.Drop {
		look(fmt.Sprintf("prepare.drop[%d]", i), name)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Prepare.Columns)) {
		look("prepare.columns."+name, name)
	}
	return problems
}

// CheckUnprepared is an error about the first text of a worker's rows, if they have one and prepare: none leaves rows as they are.
func (c *Config) CheckUnprepared(t *dataio.Table) error {
	if c.Prepare.Mode != prepare.None {
		return nil
	}
	err := t.CheckNumbers()
	var e *dataio.Error
	if !errors.As(err, &e) {
		return err
	}
	told := *e
	told.Reason += ": prepare: none in chimera.yaml takes numbers as they are, and prepare: auto makes numbers of texts"
	return &told
}
