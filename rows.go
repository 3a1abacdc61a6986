package chimera

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/prepare"
)

// firstRows is how many rows of each worker are looked at before the workers are built.
const firstRows = 1000

// checkFirstRows refuses what chimera.yaml says of the preparation if the first rows show that no fit can have it: columns that no worker
// has, and texts where nothing is prepared. Of workers whose rows are elsewhere nothing is said, nor of files that cannot be read: their
// workers say why.
func (s *session) checkFirstRows(ctx context.Context) error {
	p := s.config.Prepare
	if p.Mode != prepare.None && len(p.Drop) == 0 && len(p.Columns) == 0 {
		return nil
	}
	var columns []string
	var texts []error
	all := true
	for i, w := range s.config.Workers {
		if w.URL != "" {
			continue
		}
		start, err := dataio.ReadStart(ctx, s.config.DataFolder(i), firstRows, s.config.Reading())
		if err != nil {
			all = false
			continue
		}
		columns = append(columns, start.Columns...)
		texts = append(texts, s.config.CheckUnprepared(start))
	}
	if unknown := s.config.UnknownColumns(columns); unknown != nil && all && columns != nil {
		return unknown
	}
	return listing(errors.Join(texts...))
}

// checkTexts refuses texts that are further down, where nothing is prepared: the workers have read all of their rows, and tell which columns
// have some. Only the files of those that have are read again, to find the place.
func (s *session) checkTexts(ctx context.Context, server *masters.Server) error {
	if s.config.Prepare.Mode != prepare.None {
		return nil
	}
	var texts []error
	for _, m := range server.Members {
		i := slices.IndexFunc(s.config.Workers, func(w config.Worker) bool { return w.Name == m.Name })
		if _, down := m.Unavailable(); down || i < 0 || s.config.Workers[i].URL != "" {
			continue
		}
		schema, err := server.Schema(ctx, m)
		if err != nil || schema == nil || len(schema.TextColumns) == 0 {
			continue // a fit asks again
		}
		rows, err := dataio.ReadStart(ctx, s.config.DataFolder(i), -1, s.config.Reading())
		if err == nil {
			texts = append(texts, s.config.CheckUnprepared(rows))
		}
	}
	return listing(errors.Join(texts...))
}

// listing adds to an error about training data what lists everything that is wrong with it.
func listing(err error) error {
	if !isData(err) {
		return err
	}
	return fmt.Errorf("%w; `go tool chimera validate` reads all files of all workers and lists everything that is wrong", err)
}
