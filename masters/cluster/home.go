package cluster

import (
	"fmt"
	"net/http"

	"github.com/gochimera/chimera/dashboard"
	"github.com/gochimera/chimera/internal/rest"
)

// mountHome serves the dashboard at the master's address itself.
func (s *Server) mountHome() error {
	page, err := dashboard.Handler(dashboard.About{
		Project: s.setup.Config.Project, Kind: s.master.Kind(), Version: s.setup.Version, Guide: s.setup.Guide != nil,
	})
	if err != nil {
		return fmt.Errorf("the dashboard: %w", err)
	}
	s.Handle("GET /{$}", page)
	s.Handle("GET "+dashboard.Prefix, page)
	s.Handle("GET /favicon.ico", http.HandlerFunc(rest.Icon))
	return nil
}
