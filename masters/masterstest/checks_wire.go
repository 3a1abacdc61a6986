package masterstest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
)

// asked is one operation of a node, as its OpenAPI document lists it.
type asked struct {
	method, path string
	takes        []string // content types of the body; nil if it has none
}

// media is a content type that the operation takes.
func (a asked) media() string {
	if len(a.takes) == 0 {
		return "application/json"
	}
	return a.takes[0]
}

// operations are all that a node documents.
func operations(t *testing.T, address string) (list []asked) {
	t.Helper()
	request := "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
	status, _, text, err := exchange(t.Context(), address, request)
	if err != nil || status != http.StatusOK {
		t.Fatalf("the document at %s: status %d, %v", address, status, err)
	}
	var document struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]any `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for path, methods := range document.Paths {
		for method, op := range methods {
			list = append(list, asked{strings.ToUpper(method), path, slices.Sorted(maps.Keys(op.RequestBody.Content))})
		}
	}
	if len(list) < 6 { // health, ready, status and what the kind has
		t.Fatalf("only %d operations are documented at %s", len(list), address)
	}
	return list
}

// malformed is a request that must be refused, whatever the operation is.
type malformed struct {
	name    string
	request string // {op} is the method and the path, {media} a content type that the operation takes
	status  int
	code    api.Code // empty if net/http itself answers
	applies func(asked) bool
}

const (
	start0 = "{op} HTTP/1.1\r\nHost: localhost\r\n"
	typed0 = start0 + "Content-Type: {media}\r\n"
)

func hasBody(a asked) bool   { return a.takes != nil }
func changes(a asked) bool   { return a.method != http.MethodGet }
func takesJSON(a asked) bool { return slices.Contains(a.takes, "application/json") }
func takesFrame(a asked) bool {
	return slices.Contains(a.takes, wire.ContentTypeFrame)
}

// takesFile says that the body is a file, which is refused unread where models are not kept.
func takesFile(a asked) bool { return slices.Contains(a.takes, "application/zip") }

// ofBody reports whether the request is refused for its body.
func (m malformed) ofBody() bool {
	return m.code == api.CodeMalformedBody || m.code == api.CodeBodyTooLarge || m.code == api.CodeDamaged
}

// damagedFrame has a checksum that is not its own.
var damagedFrame = "CHMF\x01\x00\x00\x00\x08\x00\x00\x00abcd{\"a\":1} "

var malformedRequests = []malformed{
	{"a chunk size that is no number", typed0 + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", 400, api.CodeMalformedBody, nil},
	{"a chunk that is not closed", typed0 + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n", 400, api.CodeMalformedBody, nil},
	{"a body that is cut short", typed0 + "Content-Length: 30\r\n\r\n{\"a\":", 400, api.CodeMalformedBody, nil},
	{"chunks that are cut short", typed0 + "Transfer-Encoding: chunked\r\n\r\n30\r\n{\"a\":", 400, api.CodeMalformedBody, nil},
	{"a body beyond the limit", typed0 + "Expect: 100-continue\r\nContent-Length: 1000000000000\r\n\r\n", 413, api.CodeBodyTooLarge, nil},
	{"gzip that is none", typed0 + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 400, api.CodeMalformedBody, nil},
	{"an unknown content coding", typed0 + "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", 415, api.CodeUnsupportedMedia, nil},
	{"two content codings", typed0 + "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415, api.CodeUnsupportedMedia, nil},
	{"plain text", start0 + "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415, api.CodeUnsupportedMedia, nil},
	{"a form", start0 + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b", 415, api.CodeUnsupportedMedia, nil},
	{"a content type that is none", start0 + "Content-Type: ;;\r\nContent-Length: 2\r\n\r\n{}", 415, api.CodeUnsupportedMedia, nil},
	{"HTTP/1.0 with plain text", "{op} HTTP/1.0\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415, api.CodeUnsupportedMedia, nil},
	{"a digest of something else", typed0 + "Content-Digest: sha-256=:AAAA:\r\nContent-Length: 2\r\n\r\n{}", 400, api.CodeDamaged,
		func(a asked) bool { return hasBody(a) && !takesFrame(a) }}, // frames have their own checksum
	{"text that is not UTF-8", start0 + "Content-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"fit_id\":\"\xff\xfe\xfd\"", 400, "", takesJSON},
	{"half a JSON object", start0 + "Content-Type: application/json\r\nContent-Length: 5\r\n\r\n{\"a\":", 400, "", takesJSON},
	{"a frame that is none", start0 + "Content-Type: " + wire.ContentTypeFrame + "\r\nContent-Length: 4\r\n\r\n\xff\xfe\xfd\xfc",
		400, api.CodeMalformedBody, takesFrame},
	{"a damaged frame", start0 + "Content-Type: " + wire.ContentTypeFrame + fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n", len(damagedFrame)) + damagedFrame,
		400, api.CodeDamaged, takesFrame},
	{"another site's page", start0 + "Origin: http://evil.example.com\r\n\r\n", 403, api.CodeCrossSite, changes},
	{"another site's form", start0 + "Origin: null\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 403, api.CodeCrossSite, changes},
	{"a page at another port", start0 + "Sec-Fetch-Site: same-site\r\n\r\n", 403, api.CodeCrossSite, nil},
	{"another site's picture", start0 + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n\r\n", 403, api.CodeCrossSite, nil},
	{"a name that is not ours", "{op} HTTP/1.1\r\nHost: evil.example.com\r\nOrigin: http://evil.example.com\r\n\r\n", 421, api.CodeUnknownHost, nil},

	{"a length that is no number", start0 + "Content-Length: abc\r\n\r\n", 400, "", nil},
	{"a negative length", start0 + "Content-Length: -1\r\n\r\n", 400, "", nil},
	{"two lengths", start0 + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400, "", nil},
	{"an unknown transfer coding", start0 + "Transfer-Encoding: gzip\r\n\r\n", 501, "", nil},
	{"an expectation that nobody knows", typed0 + "Expect: miracles\r\nContent-Length: 2\r\n\r\n{}", 417, "", nil},
	{"a header beyond the limit", start0 + "X-Long: " + strings.Repeat("x", 1<<21) + "\r\n\r\n", 431, "", func(a asked) bool { return a.path == api.PathHealth }},
	{"no host", "{op} HTTP/1.1\r\n\r\n", 400, "", nil},
	{"a header that is none", start0 + "no colon\r\n\r\n", 400, "", nil},
	{"another protocol", "{op} HTTP/9.9\r\nHost: localhost\r\n\r\n", 505, "", nil},
}

// checkMalformed sends every kind of malformed request to every operation of the master and of a worker. Each is answered as the caller's fault,
// in the one form of errors, and none has an effect.
func checkMalformed(t *testing.T, f *fixture) {
	s := f.start(t)
	for node, address := range map[string]string{"master": s.Master.Listener.Addr().String(), "worker": s.Workers[0].Address} {
		for _, op := range operations(t, address) {
			for _, m := range malformedRequests {
				if (m.applies == nil || m.applies(op)) && (!m.ofBody() || !takesFile(op)) {
					m.check(t, node, address, op)
				}
			}
		}
	}
	if st := s.Status(); st.Fitted || st.Fit != nil {
		t.Errorf("a refused request had an effect: %+v", st)
	}
}

func (m malformed) check(t *testing.T, node, address string, op asked) {
	t.Helper()
	status, header, body, err := exchange(t.Context(), address, strings.NewReplacer("{op}", op.method+" "+op.path, "{media}", op.media()).Replace(m.request))
	if err != nil {
		t.Errorf("%s, %s %s, %s: %v", node, op.method, op.path, m.name, err)
		return
	}
	var p api.Problem
	ours := header.Get("Content-Type") == "application/problem+json"
	sound := !ours || utf8.Valid(body) && json.Unmarshal(body, &p) == nil && p.Status == status && p.Detail != ""
	if status != m.status || !sound || m.code != "" && p.Code != m.code {
		t.Errorf("%s, %s %s, %s: status %d, want %d %s: %.300q", node, op.method, op.path, m.name, status, m.status, m.code, body)
	}
}

// exchange sends bytes, ends its side of the connection, and reads the answer.
func exchange(ctx context.Context, address, request string) (status int, header http.Header, body []byte, err error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, request); err != nil {
		return 0, nil, nil, err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return 0, nil, nil, err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, res.Header, body, err
}
