package rest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
)

// Programs may call; of browsers' pages only the node's own, by a name that is the node's own.
func TestWhoMayCall(t *testing.T) {
	c := newCallers([]string{"tree1", "Bagging-Tree1", "gpu1.example.org."})
	c.machine = func() []string { return []string{"lab7", "lab7.example.org", "lab7.local"} }
	for _, tt := range []struct {
		name, method, host string
		headers            string // "Name: value" joined by "; "
		code               api.Code
	}{
		{"python-requests", "POST", "localhost:8080", "", ""},
		{"by address", "POST", "127.0.0.1:8080", "", ""},
		{"by address without a port", "GET", "192.168.10.7", "", ""},
		{"by IPv6", "GET", "[::1]:8080", "", ""},
		{"by IPv6 without a port", "GET", "[fe80::1%eth0]", "", ""},
		{"by a name below localhost", "GET", "chimera.localhost:8080", "", ""},
		{"by the machine's name", "GET", "LAB7:8080", "", ""},
		{"by the machine's full name", "GET", "lab7.example.org.:8080", "", ""},
		{"by the worker's name", "POST", "tree1:80", "", ""},
		{"by the container's name", "POST", "bagging-tree1", "", ""},
		{"by a name that was listed", "POST", "gpu1.example.org:8081", "", ""},
		{"HTTP/1.0 without a name", "GET", "", "", ""},
		{"its own page", "POST", "localhost:8080", "Origin: http://localhost:8080; Sec-Fetch-Site: same-origin", ""},
		{"its own page in an older browser", "POST", "localhost:8080", "Origin: http://localhost:8080", ""},
		{"its own page over TLS in an older browser", "POST", "gpu1.example.org", "Origin: https://gpu1.example.org", ""},
		{"its own page that looks, in an older browser", "GET", "localhost:8080", "Origin: http://localhost:8080", ""},
		{"typed into a browser", "GET", "localhost:8080", "Sec-Fetch-Site: none; Sec-Fetch-Mode: navigate", ""},
		{"a link on another page", "GET", "localhost:8080", "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: navigate", ""},

		{"another page", "POST", "localhost:8080", "Origin: http://evil.example.com; Sec-Fetch-Site: cross-site", api.CodeCrossSite},
		{"another page in an older browser", "POST", "localhost:8080", "Origin: http://evil.example.com", api.CodeCrossSite},
		{"a file or a sandbox", "POST", "localhost:8080", "Origin: null", api.CodeCrossSite},
		{"a page at another port", "DELETE", "localhost:8080", "Origin: http://localhost:3000; Sec-Fetch-Site: same-site", api.CodeCrossSite},
		{"a form on another page", "POST", "localhost:8080", "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: navigate", api.CodeCrossSite},
		{"a picture on another page", "GET", "localhost:8080", "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: no-cors", api.CodeCrossSite},
		{"a form of plain text on another page", "POST", "localhost:8080",
			"Origin: http://evil.example.com; Content-Type: text/plain; Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: no-cors", api.CodeCrossSite},
		{"a form of plain text in an older browser", "POST", "localhost:8080", "Origin: http://evil.example.com; Content-Type: text/plain", api.CodeCrossSite},
		{"a script on another page that looks, in an older browser", "GET", "localhost:8080", "Origin: http://evil.example.com", api.CodeCrossSite},
		{"a script in a sandbox that looks, in an older browser", "GET", "localhost:8080", "Origin: null", api.CodeCrossSite},
		{"a script at another port that looks, in an older browser", "GET", "localhost:8080", "Origin: http://localhost:3000", api.CodeCrossSite},
		{"a script whose origin is none", "GET", "localhost:8080", "Origin: http://%zz", api.CodeCrossSite},
		{"a question that comes before another site's request", "OPTIONS", "localhost:8080",
			"Origin: https://evil.example.com; Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: cors", api.CodeCrossSite},
		{"another page over TLS", "POST", "master.example.org", "Origin: https://master.example.org.evil.com", api.CodeUnknownHost},
		{"another site's page over TLS, by a name that was listed", "POST", "gpu1.example.org", "Origin: https://gpu1.example.org.evil.com", api.CodeCrossSite},
		{"a name that was given our address", "GET", "evil.example.com:8080", "", api.CodeUnknownHost},
		{"the same, by its own page", "POST", "evil.example.com:8080", "Origin: http://evil.example.com:8080; Sec-Fetch-Site: same-origin", api.CodeUnknownHost},
		{"a name that begins with ours", "GET", "lab7.evil.example.com", "", api.CodeUnknownHost},
		{"a name that ends with ours", "GET", "notlocalhost", "", api.CodeUnknownHost},
		{"a name that looks like an address", "GET", "127.0.0.1.evil.example.com", "", api.CodeUnknownHost},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "/v1/chimera/health", nil)
			r.Host = tt.host
			for _, h := range strings.Split(tt.headers, "; ") {
				if name, value, ok := strings.Cut(h, ": "); ok {
					r.Header.Set(name, value)
				}
			}
			p := c.refuse(r)
			if (p == nil) != (tt.code == "") || p != nil && p.Code != tt.code {
				t.Errorf("got %v, want %q", p, tt.code)
			}
		})
	}
}

// A refusal says what to do, and quotes no more of the request than is needed.
func TestRefusalsSayWhatToDo(t *testing.T) {
	a := New(Options{Title: "test", Version: "1"})
	a.callers.machine = func() []string { return nil }
	r := httptest.NewRequest(http.MethodGet, "/v1/chimera/health", nil)
	r.Host = strings.Repeat("x", 5000) + ".example.com"
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	if body := w.Body.String(); w.Code != http.StatusMisdirectedRequest || len(body) > 2000 || !strings.Contains(body, "access.hosts") {
		t.Errorf("status %d, %d bytes: %.500s", w.Code, len(body), body)
	}
}

// Text that is not UTF-8 comes back as a problem that is.
func TestInvalidUTF8InARequest(t *testing.T) {
	a := New(Options{Title: "test", Version: "1"})
	r := httptest.NewRequest(http.MethodGet, "/v1/%ff%fe", nil)
	r.Host = "localhost"
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "There is nothing at /v1/\ufffd\ufffd") {
		t.Errorf("status %d: %q", w.Code, w.Body)
	}
}
