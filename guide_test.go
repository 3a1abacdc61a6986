package chimera_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/masters"
)

// A program serves the guide beside the master's own paths, which stay as they are.
func TestTheGuideIsServed(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout, stderr output
	err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(project(t, "")), chimera.WithContext(ctx), chimera.WithOutput(&stdout, &stderr),
		chimera.OnReady(func(_ context.Context, up chimera.Up) error {
			defer cancel() // as Ctrl-C would
			for path, want := range map[string]string{
				"/guide": "The guide", "/guide/": "The guide", "/guide/first-steps": "First steps", "/guide/?q=workers": "<mark>", "/docs": "/openapi.json",
			} {
				res, err := http.Get(up.Master.URL() + path)
				if err != nil {
					return err
				}
				text, err := io.ReadAll(res.Body)
				if err != nil {
					return err
				}
				_ = res.Body.Close()
				if res.StatusCode != http.StatusOK || !strings.Contains(string(text), want) {
					t.Errorf("%s: status %d without %q:\n%s", path, res.StatusCode, want, text)
				}
			}
			http.DefaultClient.CloseIdleConnections()
			return nil
		}))
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
}
