package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/gochimera/chimera/cmd/chimera/internal/served"
)

// module is the module that this command line belongs to, and mostly is built in.
const module = "github.com/gochimera/chimera"

// versionLine is what --version prints: the version, the commit if it is known, and what the program was built with and for.
func versionLine(version string, info *debug.BuildInfo) string {
	line := "chimera " + version
	if commit := commitOf(info); commit != "" {
		line += " (commit " + commit + ")"
	}
	return fmt.Sprintf("%s, %s %s/%s", line, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// thisVersion is the version of this program.
func thisVersion() string {
	info, _ := debug.ReadBuildInfo() // nil if the program was built without modules
	return versionLine(served.Version(), info)
}

// commitOf is the commit that the program was built from. As a tool of another module it has that one's, which says nothing of it.
func commitOf(info *debug.BuildInfo) string {
	if info == nil || info.Main.Path != module {
		return ""
	}
	var parts []string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			parts = append([]string{s.Value[:min(len(s.Value), 12)]}, parts...)
		case s.Key == "vcs.time":
			parts = append(parts, s.Value)
		case s.Key == "vcs.modified" && s.Value == "true":
			parts = append(parts, "with changes")
		}
	}
	return strings.Join(parts, ", ")
}
