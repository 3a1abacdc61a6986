package rest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/pipes"
)

const slowPath = "/v1/chimera/slow"

// limitedNode is a node of which one path answers when it is let go, and all others at once.
func limitedNode(limits Limits) (a *API, letGo chan struct{}) {
	a, letGo = New(Options{Title: "test", Version: "1", Limits: limits}), make(chan struct{})
	at := func(path string, do func()) {
		Register(a, huma.Operation{Method: http.MethodGet, Path: path}, func(context.Context, *None) (*Output[int], error) {
			do()
			return &Output[int]{1}, nil
		})
	}
	at(slowPath, func() { <-letGo })
	for _, path := range []string{api.PathHealth, api.PathReady, api.PathFitEvents, api.PathStatus} {
		at(path, func() {})
	}
	return a, letGo
}

// ask sends a request from an address.
func ask(h http.Handler, from, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host, r.RemoteAddr = "localhost", from
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// refused checks that an answer is a problem of a kind, and says when to ask again.
func refused(t *testing.T, w *httptest.ResponseRecorder, code api.Code, after string) {
	t.Helper()
	var p api.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	if w.Code != code.Info().Status || p.Code != code || w.Header().Get("Retry-After") != after {
		t.Errorf("answered %d %s, Retry-After %q", w.Code, w.Body, w.Header().Get("Retry-After"))
	}
}

// While as many requests are being answered as may be, another is refused at once; probes and listeners are not, and count for nothing.
func TestRequestsAtOnceAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, letGo := limitedNode(Limits{Requests: 3})
		answers := make(chan int)
		for range 3 {
			go func() { answers <- ask(a, "192.0.2.1:1", http.MethodGet, slowPath, "").Code }()
		}
		synctest.Wait()
		refused(t, ask(a, "192.0.2.2:1", http.MethodGet, api.PathStatus, ""), api.CodeOverloaded, "2")
		refused(t, ask(a, "192.0.2.2:1", http.MethodGet, "/nowhere", ""), api.CodeOverloaded, "2")
		refused(t, ask(a, "192.0.2.2:1", http.MethodGet, api.PathHealth, "a body is no probe's"), api.CodeOverloaded, "2")
		for _, path := range []string{api.PathHealth, api.PathReady, api.PathFitEvents} {
			if w := ask(a, "192.0.2.2:1", http.MethodGet, path, ""); w.Code != http.StatusOK {
				t.Errorf("%s is answered %d", path, w.Code)
			}
		}
		letGo <- struct{}{}
		if status := <-answers; status != http.StatusOK {
			t.Errorf("a request that was admitted is answered %d", status)
		}
		synctest.Wait()
		if w := ask(a, "192.0.2.2:1", http.MethodGet, api.PathStatus, ""); w.Code != http.StatusOK {
			t.Errorf("there is room, and the answer is %d", w.Code)
		}
		close(letGo)
		<-answers
		<-answers
		synctest.Wait()
		if n := a.door.running.Load(); n != 0 {
			t.Errorf("%d requests run", n)
		}
	})
}

// A node without limits takes all that comes, as a worker does of its master.
func TestNoLimits(t *testing.T) {
	a, letGo := limitedNode(Limits{})
	close(letGo)
	for i := range 5000 {
		if w := ask(a, "192.0.2.1:1", http.MethodGet, slowPath, ""); w.Code != http.StatusOK {
			t.Fatalf("request %d is answered %d", i, w.Code)
		}
	}
}

// An address sends as many requests as it may at once, then as many as the rate allows. What one sends more does not slow another, and
// takes nothing of what it may send later.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, letGo := limitedNode(Limits{Requests: 10, Rate: 0.5, Burst: 3})
		close(letGo)
		const greedy, modest, local = "192.0.2.1:1", "192.0.2.2:1", "127.0.0.1:1"
		served := func(from string, want int) {
			t.Helper()
			for i := range want {
				if w := ask(a, from, http.MethodGet, api.PathStatus, ""); w.Code != http.StatusOK {
					t.Errorf("request %d of %s is answered %d", i+1, from, w.Code)
				}
			}
		}
		served(greedy, 3)
		for range 1000 {
			refused(t, ask(a, greedy, http.MethodGet, api.PathStatus, ""), api.CodeTooManyRequests, "2")
		}
		refused(t, ask(a, "192.0.2.1:999", http.MethodPost, "/nowhere", "from another port"), api.CodeTooManyRequests, "2")
		if w := ask(a, greedy, http.MethodGet, api.PathHealth, ""); w.Code != http.StatusOK {
			t.Errorf("a probe is answered %d", w.Code)
		}
		served(modest, 3)
		served(local, 100)
		time.Sleep(500 * time.Millisecond)
		refused(t, ask(a, greedy, http.MethodGet, api.PathStatus, ""), api.CodeTooManyRequests, "2") // 1.5 s, in whole seconds
		time.Sleep(time.Second)
		refused(t, ask(a, greedy, http.MethodGet, api.PathStatus, ""), api.CodeTooManyRequests, "1")
		time.Sleep(500 * time.Millisecond)
		served(greedy, 1)
		time.Sleep(time.Hour)
		served(greedy, 3)
		refused(t, ask(a, greedy, http.MethodGet, api.PathStatus, ""), api.CodeTooManyRequests, "2")
	})
}

// Callers on the machine are limited if that is wanted, and pages of other sites in their browser do not use up what they may send.
func TestRateOfLocalCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := limitedNode(Limits{Requests: 10, Rate: 1, Burst: 1, RateLocal: true})
		for range 10 {
			r := httptest.NewRequest(http.MethodGet, api.PathStatus, http.NoBody)
			r.Host, r.RemoteAddr = "localhost", "127.0.0.1:1"
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			w := httptest.NewRecorder()
			if a.ServeHTTP(w, r); w.Code != http.StatusForbidden {
				t.Errorf("another site's page is answered %d", w.Code)
			}
		}
		if w := ask(a, "127.0.0.1:1", http.MethodGet, api.PathStatus, ""); w.Code != http.StatusOK {
			t.Errorf("answered %d", w.Code)
		}
		refused(t, ask(a, "127.0.0.1:2", http.MethodGet, api.PathStatus, ""), api.CodeTooManyRequests, "1")
	})
}

// However many addresses call, a bounded number is remembered, those that called last: who calls without a pause is not forgotten.
func TestFewAddressesAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(1e-3, 1, false)
		const busy = "[2001:db8:ffff::1]:1"
		if p.wait(busy) != 0 {
			t.Error("the first request has to wait")
		}
		for i := range 5 * maxPaced {
			p.wait(fmt.Sprintf("10.%d.%d.1:80", i>>8, i&255))
			if i%1000 == 0 && p.wait(busy) == 0 {
				t.Errorf("after %d others, an address that goes on calling is not known", i)
			}
		}
		if len(p.known) != maxPaced || p.recent.Len() != maxPaced {
			t.Errorf("%d addresses, %d in a row", len(p.known), p.recent.Len())
		}
	})
}

// A network of 64 bits is one sender with IPv6, an address with IPv4, however that is written.
func TestSenders(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:80": "192.0.2.7", "[::ffff:192.0.2.7]:80": "192.0.2.7", "[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::", "[fe80::1%eth0]:80": "fe80::",
		"[::1]:80": "::1", "127.0.0.9:80": "127.0.0.9",
	} {
		if got := sender(remote); got != netip.MustParseAddr(want) {
			t.Errorf("%s is of %s, want %s", remote, got, want)
		}
	}
	if got := sender("@"); got.IsValid() {
		t.Errorf("a pipe has the address %s", got)
	}
}

// Remembering the callers costs a request no memory of its own.
func TestRateAllocatesNothing(t *testing.T) {
	p := newPace(1e6, 1e6, false)
	if n := testing.AllocsPerRun(100, func() { p.wait("192.0.2.7:80") }); n > 0 {
		t.Errorf("%v allocations a request", n)
	}
}

// Whoever sends the head of a request and not its body does not hold a connection for longer than a body may take, whatever
// the request is answered: also if nobody wants the body.
func TestBodiesThatNeverCome(t *testing.T) {
	for name, tt := range map[string]struct {
		head, answer string
		after        time.Duration
	}{
		"no such path":         {"POST /nowhere", "404", 20 * time.Second},
		"no such method":       {"POST " + api.PathStatus, "405", 20 * time.Second},
		"a body for no reason": {"GET " + api.PathStatus, "408", 20 * time.Second},
		"a content type":       {"GET " + api.PathStatus + " HTTP/1.1\r\nContent-Type: text/csv\r\nX:", "415", 20 * time.Second},
		"another site's page":  {"GET " + api.PathStatus + " HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\nX:", "403", 20 * time.Second},
		"larger than it may":   {"GET " + api.PathStatus + " HTTP/1.1\r\nX-Large: yes\r\nX:", "413", 20 * time.Second},
		"at the limit":         {"GET " + slowPath + "/nowhere", "503", refusedTime},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, letGo := limitedNode(Limits{Requests: 1, BodyTimeout: 20 * time.Second, MaxBody: 10_000})
				var network pipes.Network
				stop := network.Serve("localhost", a)
				defer stop()
				if tt.answer == "503" {
					go ask(a, "192.0.2.1:1", http.MethodGet, slowPath, "")
					synctest.Wait()
				}
				defer close(letGo)
				conn, err := network.Dial(t.Context(), "pipe", net.JoinHostPort("localhost", "80"))
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = conn.Close() }()
				head, length := tt.head, 5000
				if strings.Contains(head, "X-Large") {
					length = 20_000
				}
				start := time.Now()
				if _, err := fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n{", head, length); err != nil {
					t.Fatal(err)
				}
				answer, err := io.ReadAll(conn) // ends when the server gives up
				if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 "+tt.answer) {
					t.Errorf("%v: %s", err, answer)
				}
				if took := time.Since(start); took < tt.after || took > tt.after+time.Second { // a server lingers for a moment
					t.Errorf("the connection ended after %s, want %s", took, tt.after)
				}
			})
		})
	}
}
