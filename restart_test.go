package chimera

import (
	"testing"

	"github.com/gochimera/chimera/config"
)

// Nobody starts a worker again that has ended with restart: no, or if its launcher does not; of workers that run elsewhere,
// restart: always says that something does.
func TestNoRestart(t *testing.T) {
	for _, tt := range []struct {
		launcher config.Launcher
		restart  config.Restart
		want     bool
	}{
		{config.ProcessLauncher, config.RestartOnFailure, false},
		{config.ProcessLauncher, config.RestartAlways, false},
		{config.ProcessLauncher, config.RestartNever, true},
		{config.DockerLauncher, config.RestartOnFailure, false},
		{config.DockerLauncher, config.RestartNever, true},
		{config.ExternalLauncher, config.RestartOnFailure, true},
		{config.ExternalLauncher, config.RestartNever, true},
		{config.ExternalLauncher, config.RestartAlways, false},
		{config.InprocessLauncher, config.RestartAlways, true},
	} {
		s := &session{config: &config.Config{Launcher: tt.launcher, Restart: tt.restart}}
		if got := s.noRestart(); got != tt.want {
			t.Errorf("launcher %s, restart %s: %v, want %v", tt.launcher, tt.restart, got, tt.want)
		}
	}
}
