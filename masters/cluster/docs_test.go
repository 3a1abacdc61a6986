package cluster_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
)

// The master serves the docs page and everything it loads itself, so that it works offline.
func TestDocsPageIsWhole(t *testing.T) {
	c := mastertest.Start(t, master.New(), nil, "mean", "", mastertest.Three()...)
	for _, path := range []string{"/docs", "/docs/", "/redoc"} {
		status, page := c.Send(http.MethodGet, path, "", "")
		if status != http.StatusOK {
			t.Fatalf("%s: %d", path, status)
		}
		if !strings.Contains(page, "/openapi.json") {
			t.Errorf("%s does not load the OpenAPI document", path)
		}
		assets := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1)
		if len(assets) < 3 {
			t.Errorf("%s loads %d assets", path, len(assets))
		}
		for _, a := range assets {
			if !strings.HasPrefix(a[1], "/docs/") {
				t.Errorf("%s loads %s, which is not the master's", path, a[1])
				continue
			}
			if status, body := c.Send(http.MethodGet, a[1], "", ""); status != http.StatusOK || len(body) < 100 {
				t.Errorf("%s: %d, %d bytes", a[1], status, len(body))
			}
		}
	}
}
