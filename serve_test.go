package chimera_test

import (
	"context"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
)

// asking is an output that calls the address which it is told, before the program can go on.
type asking struct {
	t    *testing.T
	ctx  context.Context
	done func()
	said output
	got  int // the status of the answer
}

var address = regexp.MustCompile(`http://localhost:\d+`)

func (a *asking) Write(p []byte) (int, error) {
	_, _ = a.said.Write(p)
	if url := address.Find(p); url != nil && a.got == 0 {
		request, err := http.NewRequestWithContext(a.ctx, http.MethodGet, string(url)+api.PathReady, nil)
		if err != nil {
			a.t.Error(err)
			return len(p), nil
		}
		request.Close = true
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			a.t.Errorf("the program says where it serves, and does not: %v", err)
		} else {
			a.got = answer.StatusCode
			_ = answer.Body.Close()
		}
		a.done()
	}
	return len(p), nil
}

// Whoever reads where a stored model is served gets an answer there: on the terminal, and in the log if that is JSON, where nothing
// is printed beside it.
func TestServeSaysWhereOnceItServes(t *testing.T) {
	dir := t.TempDir()
	kind := lastingKinds()["parameter-server"]
	kind.write(t, dir, 1)
	var id string
	kind.run(t, dir, func(ctx context.Context, master *client.Client) {
		fit, err := master.Fit(ctx)
		if err != nil {
			t.Error(err)
			return
		}
		id = fit.FitID
	})
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Setenv("CHIMERA_LOG_FORMAT", format)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			asker := &asking{t: t, ctx: ctx, done: cancel}
			var stdout, stderr = asker, &output{}
			opts := chimera.WithOutput(stdout, stderr)
			if format == "json" {
				opts = chimera.WithOutput(stderr, stdout) // the log is what says it
			}
			if err := chimera.Serve(filepath.Join(dir, "chimera_models", id), 0, chimera.WithContext(ctx), opts); err != nil {
				t.Fatal(err)
			}
			if asker.got != http.StatusOK {
				t.Errorf("status %d where the model is served; it said\n%s", asker.got, asker.said.String())
			}
			if format == "json" {
				objects(t, "the log", asker.said.String())
				if other := stderr.String(); other != "" {
					t.Errorf("printed beside the log: %s", other)
				}
			} else if !strings.Contains(asker.said.String(), "Ready. Press Ctrl-C to stop.") {
				t.Errorf("it said %s", asker.said.String())
			}
		})
	}
}
