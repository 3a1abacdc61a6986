package cluster_test

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
)

// A damaged file that says which model is in service hinders neither a fit nor a roll back, and is whole afterwards; what fails
// meanwhile leaves the model that serves.
func TestWhatIsInServiceCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := keeping(t, &keeper{}, dir)
	first := c.Fit().FitID
	damage := func() {
		t.Helper()
		mastertest.Write(t, filepath.Join(dir, "serving.json"), "{")
		if _, err := c.Models.Serving(t.Context()); err == nil {
			t.Fatal("it can be read: nothing is tested")
		}
	}
	serves := func(want string) {
		t.Helper()
		if id, err := c.Models.Serving(t.Context()); err != nil || id != want {
			t.Errorf("after a restart %s would serve, want %s: %v", id, want, err)
		}
	}
	damage()
	second := c.Fit().FitID
	serves(second)
	damage()
	ask[api.ServeResponse](c, http.MethodPost, modelPath(first, "/serve"), "", 200)
	serves(first)
	damage()
	ask[api.ServeResponse](c, http.MethodPost, modelPath(first, "/serve"), "", 200) // it serves already
	serves(first)
	damage()
	c.Stop()
	c = keeping(t, &keeper{}, dir)
	if c.Status().Fitted {
		t.Error("a model is in service, although nothing says which")
	}
	ask[api.ServeResponse](c, http.MethodPost, modelPath(second, "/serve"), "", 200)
	serves(second)
}
