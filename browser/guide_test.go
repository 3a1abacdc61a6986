package browser

import (
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/gochimera/chimera/docs"
)

// The guide finds what is looked for.
func TestTheGuideIsSearched(t *testing.T) {
	server := httptest.NewServer(docs.Handler())
	t.Cleanup(server.Close)
	p := open(t, server.URL+"/guide/")
	for _, theme := range []string{"light", "dark"} {
		p.prefer(theme)
		if low := value[[]string](p, contrasts); len(low) > 0 {
			t.Errorf("%s: too little contrast: %q", theme, low)
		}
	}
	p.do(chromedp.Focus(chromedp.CSS("input[type=search]")), chromedp.KeyEvent("chimera.yaml"+kb.Enter))
	p.until(`document.querySelectorAll("main mark").length > 0`)
	p.act(`document.querySelector("main mark").closest("li, article, section, div").querySelector("a").click()`)
	p.until(`location.pathname.startsWith("/guide/") && location.search === "" && document.querySelector("h1") !== null`)
}
