package browser

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/gochimera/chimera/dashboard"
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

// What the panels link to is in the guide.
func TestChapters(t *testing.T) {
	master, err := dashboard.Handler(dashboard.About{Project: "test", Kind: "aggregation", Version: "test", Guide: true})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/guide/", docs.Handler())
	mux.Handle("/", master)
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		return w
	}
	links := regexp.MustCompile(`href="(/guide/[^"]*)"`).FindAllStringSubmatch(get("/").Body.String(), -1)
	if len(links) < 8 {
		t.Fatalf("the page has %d links to the guide", len(links))
	}
	for _, link := range links {
		if w := get(link[1]); w.Code != http.StatusOK {
			t.Errorf("%s: status %d", link[1], w.Code)
		}
	}
}
