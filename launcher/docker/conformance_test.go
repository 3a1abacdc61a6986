package docker_test

import (
	"context"
	"testing"

	"github.com/gochimera/chimera/launcher/docker/dockertest"
	"github.com/gochimera/chimera/launcher/launchertest"
)

func TestConforms(t *testing.T) {
	engine := dockertest.Engine(t)
	launchertest.Run(t, "docker", launchertest.Afterwards(func(project string) {
		if _, err := engine.Down(context.Background(), project); err != nil {
			t.Error(err)
		}
	}))
}
