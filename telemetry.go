package chimera

import (
	"os"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/telemetry/traces"
)

// traced is what the environment of workers says of where traces go, if they trace. A container does not inherit ours.
func (s *session) traced() []string {
	if !s.config.Telemetry.Traces {
		return nil
	}
	info, err := launcher.Lookup(string(s.config.Launcher))
	if at := traces.Loopback(os.Getenv); err == nil && info.Traits.OwnNetwork && at != "" {
		s.log.Warn("workers in a network of their own cannot send traces to an address of this machine only; name one that they reach, such as "+
			"http://collector.example.org:4318, in OTEL_EXPORTER_OTLP_ENDPOINT", "collector", at)
	}
	return traces.Environment(os.Environ())
}
