package rest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/rest"
)

type none struct{}

type text struct{ Body struct{ Said string } }

func newAPI() *rest.API {
	a := rest.New(rest.Options{Title: "test", Version: "1", Limits: rest.Limits{MaxBody: 100, BodyTimeout: 50 * time.Millisecond}})
	rest.Register(a, huma.Operation{Method: http.MethodGet, Path: "/v1/chimera/panic"}, func(context.Context, *none) (*text, error) { panic("ouch") })
	rest.Register(a, huma.Operation{Method: http.MethodGet, Path: "/v1/chimera/problem"}, func(context.Context, *none) (*text, error) {
		return nil, api.NewProblem(api.CodeNotFitted, "Not yet.")
	})
	rest.Register(a, huma.Operation{Method: http.MethodGet, Path: "/v1/chimera/error"},
		func(context.Context, *none) (*text, error) { return nil, errors.New("a bug") })
	type number struct{ Body struct{ X float64 } }
	rest.Register(a, huma.Operation{Method: http.MethodGet, Path: "/v1/chimera/nan"}, func(context.Context, *none) (*number, error) {
		n := &number{}
		n.Body.X = math.NaN()
		return n, nil
	})
	rest.Register(a, huma.Operation{Method: http.MethodPost, Path: "/v1/chimera/echo"}, func(_ context.Context, in *struct {
		Body struct {
			Say    string  `json:"say"`
			Number float64 `json:"number,omitempty"`
		}
	}) (*text, error) {
		out := &text{}
		out.Body.Said = in.Body.Say
		return out, nil
	})
	return a
}

// Every error has the same form, whoever finds it.
func TestProblems(t *testing.T) {
	server := httptest.NewServer(newAPI())
	defer server.Close()
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		code                     api.Code
		says                     string
	}{
		{"a handler's problem", "GET", "/v1/chimera/problem", "", 409, api.CodeNotFitted, "Not yet."},
		{"a handler's plain error", "GET", "/v1/chimera/error", "", 500, api.CodeInternal, ""},
		{"an answer that cannot be written", "GET", "/v1/chimera/nan", "", 500, api.CodeInternal, "NaN"},
		{"a panic", "GET", "/v1/chimera/panic", "", 500, api.CodeInternal, "log"},
		{"unknown path", "GET", "/nowhere", "", 404, api.CodeNotFound, "/nowhere"},
		{"wrong method", "GET", "/v1/chimera/echo", "", 405, api.CodeMethodNotAllowed, "POST"},
		{"no body", "POST", "/v1/chimera/echo", "", 422, api.CodeInvalidRequest, "body"},
		{"broken body", "POST", "/v1/chimera/echo", "{", 400, api.CodeMalformedBody, ""},
		{"a field missing", "POST", "/v1/chimera/echo", "{}", 422, api.CodeInvalidRequest, "say"},
		{"a field of another type", "POST", "/v1/chimera/echo", `{"say":1}`, 422, api.CodeInvalidRequest, "body.say"},
		{"a field twice", "POST", "/v1/chimera/echo", `{"say":"a","say":"b"}`, 400, api.CodeMalformedBody, "duplicate"},
		{"too large", "POST", "/v1/chimera/echo", `{"say":"` + strings.Repeat("x", 200) + `"}`, 413, api.CodeBodyTooLarge, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			b, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			var p api.Problem
			if err := json.Unmarshal(b, &p); err != nil {
				t.Fatalf("%v in %s", err, b)
			}
			if res.StatusCode != tt.status || p.Status != tt.status || p.Code != tt.code || !strings.Contains(string(b), tt.says) ||
				p.Message == "" || p.Title == "" || p.Details.ErrorCode != tt.status || res.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("got %d %s %s", res.StatusCode, res.Header.Get("Content-Type"), b)
			}
		})
	}
}

// A name in braces stands for one segment that is there, and what is known of a path holds for all that it stands for.
func TestPathsWithNames(t *testing.T) {
	a := newAPI()
	type input struct {
		ID string `path:"id"`
	}
	for _, path := range []string{"/v1/chimera/things/{id}", "/v1/chimera/things/{id}/parts"} {
		rest.Register(a, huma.Operation{Method: http.MethodGet, Path: path}, func(_ context.Context, in *input) (*text, error) {
			out := &text{}
			out.Body.Said = in.ID
			return out, nil
		})
	}
	server := httptest.NewServer(a)
	defer server.Close()
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/v1/chimera/things/a.b", "", 200}, {"GET", "/v1/chimera/things/a/parts", "", 200}, {"GET", "/v1/chimera/things/a/", "", 200},
		{"GET", "/v1/chimera/things/", "", 404}, {"GET", "/v1/chimera/things/a/b", "", 404}, {"GET", "/v1/chimera/things/..", "", 404},
		{"POST", "/v1/chimera/things/a", "{}", 405}, {"POST", "/v1/chimera/things/a/parts", "", 405}, {"POST", "/v1/chimera/things/a/b/c", "{}", 404},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, server.URL+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != c.status || c.status == 200 && !strings.Contains(string(b), `"a`) {
			t.Errorf("%s %s: %d %s", c.method, c.path, res.StatusCode, b)
		}
	}
}

// A sender that stops in the middle of a body gets 408, and does not hold the
// server.
func TestSlowSender(t *testing.T) {
	server := httptest.NewServer(newAPI())
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "POST /v1/chimera/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{\"say\":"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn) // ends when the server gives up
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(answer), "HTTP/1.1 408") || !strings.Contains(string(answer), string(api.CodeBodyTimeout)) {
		t.Errorf("got %s", answer)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- rest.Serve(ctx, l, newAPI(), rest.Limits{}, time.Minute, slog.New(slog.DiscardHandler))
	}()
	res, err := http.Get("http://" + l.Addr().String() + "/v1/chimera/problem")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestOpenAPI(t *testing.T) {
	docs, err := newAPI().OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	for name, begins := range map[string]string{"openapi.json": "{", "openapi.yaml": "components:", "openapi-3.0.json": "{", "openapi-3.0.yaml": "components:"} {
		if !strings.HasPrefix(string(docs[name]), begins) {
			t.Errorf("%s begins with %.40q", name, docs[name])
		}
	}
	if !strings.Contains(string(docs["openapi.json"]), `"3.1.0"`) || !strings.Contains(string(docs["openapi-3.0.json"]), `"3.0.3"`) {
		t.Error("the versions are not 3.1.0 and 3.0.3")
	}
	if !strings.Contains(string(docs["openapi.json"]), "errorMessage") {
		t.Error("the problem's form is not documented")
	}
}

// Who sends a large body in a form that is not taken, and looks for an answer only then, gets it, and may go on with the same connection.
func TestRefusalsReachWhoIsStillSending(t *testing.T) {
	a := rest.New(rest.Options{Title: "test", Version: "1"})
	op := huma.Operation{Method: http.MethodPost, Path: "/v1/chimera/echo"}
	rest.RegisterJSON(a, op, 0, 0, false, func(_ context.Context, read func(any) error) (any, error) {
		var n int
		return n, read(&n)
	})
	server := httptest.NewServer(a)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	answers := bufio.NewReader(conn)
	for _, tt := range []struct {
		media, body string
		status      int
	}{{"text/plain", strings.Repeat(" ", 8<<20), http.StatusUnsupportedMediaType}, {"application/json", "7", http.StatusOK}} {
		if _, err := fmt.Fprintf(conn, "POST /v1/chimera/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
			tt.media, len(tt.body), tt.body); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != tt.status {
			t.Errorf("status %d, %v: %s", res.StatusCode, err, text)
		}
	}
}
