package node

import (
	"runtime/debug"
	"strings"
)

// Version is the version of this module in the running program, or "devel".
func Version() string {
	const module = "github.com/gochimera/chimera"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	version := ""
	if info.Main.Path == module {
		version = info.Main.Version
	}
	for _, d := range info.Deps {
		if d.Path == module {
			version = d.Version
		}
	}
	if version == "" || strings.HasPrefix(version, "(") {
		return "devel"
	}
	return version
}
