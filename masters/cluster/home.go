package cluster

import (
	"fmt"

	"github.com/gochimera/chimera/dashboard"
)

// mountHome serves the dashboard at the master's address itself.
func (s *Server) mountHome() error {
	page, err := dashboard.Handler(dashboard.About{
		Project: s.setup.Config.Project, Kind: s.master.Kind(), Version: s.setup.Version, Guide: s.setup.Guide != nil,
	})
	if err != nil {
		return fmt.Errorf("the dashboard: %w", err)
	}
	for _, path := range []string{"/{$}", dashboard.Prefix, "/favicon.ico"} {
		s.Handle("GET "+path, page)
	}
	return nil
}
