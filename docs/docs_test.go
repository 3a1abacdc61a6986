package docs

import (
	"html"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// get asks the guide for something.
func get(t *testing.T, target string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w.Result()
}

// shown is the page at an address, which must be answered with a status.
func shown(t *testing.T, target string, status int) string {
	t.Helper()
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	if w.Code != status {
		t.Fatalf("%.80s: status %d, want %d: %s", target, w.Code, status, w.Body)
	}
	return w.Body.String()
}

func mustRead(t *testing.T) *book {
	t.Helper()
	b, err := read(files)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var (
	attribute = regexp.MustCompile(`(?:src|href|action)="([^"]*)"`)
	script    = regexp.MustCompile(`(?i)<script|\son[a-z]+=|\sstyle=|javascript:`)
)

// Every page is there, has one title, needs no script and no other host, and all that it links in the guide is there too.
func TestEveryPageRenders(t *testing.T) {
	answered := map[string]string{}
	answer := func(target string) string {
		if _, known := answered[target]; !known {
			answered[target] = shown(t, target, http.StatusOK)
		}
		return answered[target]
	}
	for _, p := range mustRead(t).pages {
		text := answer(Root + p.Address())
		if !strings.Contains(text, "<title>"+html.EscapeString(p.Title)) || strings.Count(text, "<h1") != 1 {
			t.Errorf("%s: not one title", p.Name)
		}
		if found := script.FindString(text); found != "" {
			t.Errorf("%s has %q, which the policy forbids", p.Name, found)
		}
		for _, m := range attribute.FindAllStringSubmatch(text, -1) {
			link, anchor, _ := strings.Cut(html.UnescapeString(m[1]), "#")
			switch {
			case strings.HasPrefix(link, "https://"): // to be followed, not loaded
				if strings.HasPrefix(m[0], "src") {
					t.Errorf("%s loads %s", p.Name, link)
				}
				continue
			case link == "data:,", link == "/docs":
				continue
			case link == "":
				link = Root + p.Address()
			case !strings.HasPrefix(link, Root):
				link = Root + strings.TrimPrefix(link, "./")
			}
			if body := answer(link); anchor != "" && anchor != "content" && !strings.Contains(body, `id="`+anchor+`"`) {
				t.Errorf("%s: %s has no anchor %s", p.Name, link, anchor)
			}
		}
	}
}

// Nothing but the page itself is loaded, and a page's form goes nowhere else.
func TestHeaders(t *testing.T) {
	for target, kind := range map[string]string{
		"/guide/": "text/html; charset=utf-8", "/guide/first-steps": "text/html; charset=utf-8", "/guide/?q=fit": "text/html; charset=utf-8",
		"/guide/nothing": "text/html; charset=utf-8", "/guide/guide.css": "text/css; charset=utf-8", "/guide/pictures/visits-roc.svg": "image/svg+xml",
	} {
		header := get(t, target).Header
		if got := header.Get("Content-Type"); got != kind {
			t.Errorf("%s: Content-Type %q", target, got)
		}
		policy := header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") || strings.Contains(policy, "http") {
			t.Errorf("%s: policy %q", target, policy)
		}
		if kind != "image/svg+xml" && strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", target, policy)
		}
	}
}

func TestSearch(t *testing.T) {
	for _, tt := range []struct{ query, link string }{
		{"first steps", "/guide/first-steps"},
		{"BASELINE larger class", "/guide/first-steps#train-score-predict"},
		{"predic", "/guide/first-steps#train-score-predict"}, // by its beginning
		{"not_fitted", "/guide/errors"},
		{"CHIMERA_MASTER_PORT", "/guide/environment#for-people"},
		{"n_estimators forest", "/guide/learners#forest-classifier"},
		{"port in use", "/guide/troubleshooting#port-8080-is-in-use"},
	} {
		t.Run(tt.query, func(t *testing.T) {
			page := shown(t, "/guide/?q="+strings.ReplaceAll(tt.query, " ", "+"), http.StatusOK)
			_, found, ok := strings.Cut(page, `<ol class="found">`)
			if !ok || !strings.Contains(found, `<a href="`+tt.link+`">`) || !strings.Contains(found, "<mark>") {
				t.Errorf("no %s, or nothing marked, in\n%s", tt.link, found)
			}
		})
	}
	if page := shown(t, "/guide/?q=zyzzyva", http.StatusOK); !strings.Contains(page, "Nothing has <q>zyzzyva</q>") {
		t.Errorf("something was found:\n%s", page)
	}
	if page := shown(t, "/guide/?q=", http.StatusOK); !strings.Contains(page, "Type one or more words") {
		t.Errorf("nothing is asked for:\n%s", page)
	}
}

// Of two parts with the words, the one is first that has them in its title, then the one with them in a heading; parts that
// have all of them are before those with some.
func TestSearchRanks(t *testing.T) {
	b, err := read(fstest.MapFS{
		"README.md": {Data: []byte("# All\n\n[one](one.md) [two](two.md) [three](three.md)\n")},
		"one.md":    {Data: []byte("# One\n\nA quorum of workers. Weights.\n")},
		"two.md":    {Data: []byte("# Two\n\nNothing.\n\n## The quorum\n\nHow many.\n")},
		"three.md":  {Data: []byte("# Quorum\n\nA number.\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	order := func(query string) string {
		var links []string
		for _, f := range b.search(query) {
			links = append(links, strings.TrimPrefix(f.Link, Root))
		}
		return strings.Join(links, " ")
	}
	for query, want := range map[string]string{
		"quorum":         "three two#the-quorum one",
		"quorum weights": "one",
		"Quorum quorum":  "three two#the-quorum one",
		"quorum zyzzyva": "three two#the-quorum one",
		"uorum":          "",
	} {
		if got := order(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// What somebody types, or another page has in a link, is shown as text and no more of it than is needed.
func TestHostileQueries(t *testing.T) {
	for _, target := range []string{
		"/guide/?q=%3Cscript%3Ealert(1)%3C/script%3E", "/guide/?q=%22%3E%3Cimg+src=x+onerror=alert(1)%3E", "/guide/%3Cscript%3Ealert(1)%3C/script%3E",
		"/guide/?q=%ff%fe%3Cb%3E", "/guide/?q=fit%3Cscript%3E", "/guide/%22onmouseover=%22x",
	} {
		res := get(t, target)
		var b strings.Builder
		if err := res.Write(&b); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		if strings.Contains(page, "<script") || strings.Contains(page, "<img src=x") || strings.Contains(page, "<b>") || strings.Contains(page, `"onmouse`) {
			t.Errorf("%s is not escaped:\n%s", target, page)
		}
	}
	if page := shown(t, "/guide/?q="+strings.Repeat("a+", 100_000), http.StatusOK); len(page) > 20_000 {
		t.Errorf("a long query is answered with %d bytes", len(page))
	}
	for _, target := range []string{"/guide/../go.mod", "/guide/pictures/../../go.svg", "/guide/docs.go", "/guide/layout.html", "/guide//etc/x.svg"} {
		shown(t, target, http.StatusNotFound)
	}
}

func TestMissingPages(t *testing.T) {
	if page := shown(t, "/guide/frist-steps", http.StatusNotFound); !strings.Contains(page, `<li><a href="/guide/first-steps">First steps</a></li>`) {
		t.Errorf("no suggestion:\n%s", page)
	}
	res := get(t, "/guide/first-steps.md")
	if res.StatusCode != http.StatusMovedPermanently || res.Header.Get("Location") != "/guide/first-steps" {
		t.Errorf("%d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/guide/", nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
		t.Errorf("POST: %d", w.Code)
	}
}

// A page that cannot be found by reading on is a mistake, and so is one without a title.
func TestBadFolders(t *testing.T) {
	for want, folder := range map[string]fstest.MapFS{
		"README.md does not link lost.md":                   {"README.md": {Data: []byte("# A\n")}, "lost.md": {Data: []byte("# B\n")}},
		"a.md: the page does not begin with its title":      {"README.md": {Data: []byte("# A\n\n[a](a.md)\n")}, "a.md": {Data: []byte("Text.\n")}},
		"open b.md: file does not exist":                    {"README.md": {Data: []byte("# A\n\n[b](b.md)\n")}},
		"open README.md: file does not exist":               {},
		"README.md: the page does not begin with its title": {"README.md": {Data: []byte("")}},
	} {
		if _, err := read(folder); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Raw HTML in a page does not reach the browser.
func TestRawHTMLIsLeftOut(t *testing.T) {
	b, err := read(fstest.MapFS{"README.md": {Data: []byte("# A\n\n<img src=x onerror=alert(1)>\n\na <b>c</b> [x](javascript:alert(1))\n")}})
	if err != nil {
		t.Fatal(err)
	}
	if body := string(b.pages[0].Body); strings.Contains(body, "<img") || strings.Contains(body, "<b>") || strings.Contains(body, "javascript:") {
		t.Error(body)
	}
}

// The style sheet has both colour schemes, and reaches for nothing.
func TestStyles(t *testing.T) {
	css, err := fs.ReadFile(files, "guide.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"prefers-color-scheme: dark", "max-width: 56rem", ":focus-visible"} {
		if !strings.Contains(string(css), part) {
			t.Errorf("no %s", part)
		}
	}
	if strings.Contains(string(css), "url(") || strings.Contains(string(css), "@import") {
		t.Error("the style sheet loads something")
	}
}
