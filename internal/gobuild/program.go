package gobuild

import (
	"context"
	"os"
	"path/filepath"
)

// program is the main package in a project's own folder. No worker can have its name.
var program = Main{Folder: ".", name: "_program"}

// Program builds the main package in dir, an absolute path, and returns its executable in the
// cache. It is built as `go run .` builds it, so that one finds compiled what the other has
// compiled. Since it is in the cache, a caller that is killed leaves nothing behind that a later
// build does not use or remove. Errors are those of [Build].
func Program(ctx context.Context, dir string) (string, error) {
	c, err := openCache(dir, Target{}, "bin")
	if err != nil {
		return "", err
	}
	stage, err := c.stage([]Main{program})
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(stage) }() // a leftover is pruned by a later build
	if err := Go(ctx, dir, stage, "build", "-o", filepath.Join(stage, executable(program, c.target)), "."); err != nil {
		return "", err
	}
	built, err := c.publish(stage, []Main{program})
	if err != nil {
		return "", err
	}
	return built[0], nil
}
