package cli

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	var out bytes.Buffer
	if status := run(t.Context(), []string{"--version"}, &out, &out); status != succeeded {
		t.Fatalf("status %d: %s", status, &out)
	}
	if got := out.String(); !strings.HasPrefix(got, "chimera devel") || !strings.HasSuffix(got, ", "+runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH+"\n") {
		t.Errorf("--version: %q", got)
	}
}

// The commit is that of this module; a tool of another module has that one's in its build information.
func TestVersionNamesItsCommit(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Path: module}, Settings: []debug.BuildSetting{
		{Key: "vcs.modified", Value: "true"}, {Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.time", Value: "2026-11-29T20:00:00Z"},
	}}
	if got := versionLine("v1.2.0", info); !strings.HasPrefix(got, "chimera v1.2.0 (commit 0123456789ab, with changes, 2026-11-29T20:00:00Z), go") {
		t.Errorf("the line is %q", got)
	}
	info.Main.Path = "example.com/iris"
	for _, i := range []*debug.BuildInfo{info, nil, {Main: debug.Module{Path: module}}} {
		if got := versionLine("v1.2.0", i); strings.Contains(got, "commit") {
			t.Errorf("the line is %q", got)
		}
	}
}
