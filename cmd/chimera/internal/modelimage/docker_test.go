package modelimage_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/nat"

	"github.com/gochimera/chimera/cmd/chimera/internal/modelimage"
	"github.com/gochimera/chimera/launcher/docker/dockertest"
)

// In a container, whose file system cannot be written, the model answers as here, is healthy, and ends in order.
func TestImageInContainer(t *testing.T) {
	engine := dockertest.Engine(t)
	t.Setenv("CHIMERA_CACHE", t.TempDir())
	file := stored(t, projects["aggregation"])
	r := request(t, file)
	system, architecture := engine.Platform()
	r.Platform = modelimage.Platform{OS: system, Arch: architecture}
	made, err := modelimage.Make(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Close() })
	if err := engine.Load(t.Context(), made.Image); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := api.ImageRemove(context.Background(), made.Reference(), image.RemoveOptions{}); err != nil {
			t.Error(err)
		}
	})
	created, err := api.ContainerCreate(t.Context(), &container.Config{Image: made.Reference()}, &container.HostConfig{
		ReadonlyRootfs: true, PortBindings: nat.PortMap{"8080/tcp": {{HostIP: "127.0.0.1"}}},
	}, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // before the image
		if err := api.ContainerRemove(context.Background(), created.ID, container.RemoveOptions{Force: true}); err != nil {
			t.Error(err)
		}
	})
	if err := api.ContainerStart(t.Context(), created.ID, container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	state := healthy(t, api, created.ID)
	url := "http://127.0.0.1:" + state.NetworkSettings.Ports["8080/tcp"][0].HostPort
	const path = "/v1/chimera/aggregation/predict"
	if status, body := ask(t, http.MethodPost, url+path, "", asked); status != http.StatusOK || body != direct(t, file, path) {
		t.Errorf("the container answers %d\n%s", status, body)
	}
	if state.Config.User != "65532:65532" {
		t.Errorf("it runs as %q", state.Config.User)
	}
	if err := api.ContainerStop(t.Context(), created.ID, container.StopOptions{}); err != nil {
		t.Fatal(err)
	}
	if ended, err := api.ContainerInspect(t.Context(), created.ID); err != nil || ended.State.ExitCode != 0 {
		t.Errorf("it ends with %+v, %v", ended.State, err)
	}
}

// healthy waits for the container's health check.
func healthy(t *testing.T, api *client.Client, id string) container.InspectResponse {
	t.Helper()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		state, err := api.ContainerInspect(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if !state.State.Running {
			t.Fatalf("it ended: %+v", state.State)
		}
		switch state.State.Health.Status {
		case container.Healthy:
			return state
		case container.Unhealthy:
			t.Fatalf("its health check says %+v", state.State.Health.Log)
		}
		select {
		case <-look.C:
		case <-t.Context().Done():
			t.Fatal("it never was healthy")
		}
	}
}
