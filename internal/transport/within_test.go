package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gochimera/chimera/internal/transport"
)

// nowhere is an address that nothing listens at: what is answered there was answered without a connection.
const nowhere = "http://127.0.0.1:1/v1/chimera/x?y=z"

// inside is a node of this program.
type inside struct {
	handler http.Handler
	life    context.Context
}

func (i inside) Enter() (http.Handler, context.Context) { return i.handler, i.life }

func within(life context.Context, h http.HandlerFunc) transport.Within { return inside{h, life} }

// A handler of this program sees what it would see by a connection, and its caller what it answers.
func TestWithin(t *testing.T) {
	client := transport.New(1 << 20)
	defer client.Close()
	h := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != "one two" || r.ContentLength != 7 || r.Method != http.MethodPost || r.RequestURI != "/v1/chimera/x?y=z" ||
			r.URL.String() != r.RequestURI || r.Host != "127.0.0.1:1" || r.Header.Get("Content-Type") != "text/plain" || r.UserAgent() != "chimera" {
			t.Errorf("the handler got %+v with %q, %v", r, body, err)
		}
		w.Header().Set("Content-Type", "text/plain")
		if r.Header.Get("Accept") == "a problem" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.WriteString(w, "thr")
		_, _ = io.WriteString(w, "ee")
	}
	request := transport.Request{
		Method: http.MethodPost, URL: nowhere, ContentType: "text/plain", Parts: [][]byte{[]byte("one "), nil, []byte("two")},
		Within: within(t.Context(), h),
	}
	for range 3 {
		a, err := client.Do(t.Context(), request)
		if err != nil || string(a.Body) != "three" || a.ContentType != "text/plain" || a.Size != 5 {
			t.Errorf("got %+v, %v", a, err)
		}
	}
	request.Read = func(body io.Reader, length int64) error {
		b, err := io.ReadAll(body)
		if err != nil || string(b) != "three" || length != 5 {
			t.Errorf("read %q, %d, %v", b, length, err)
		}
		return nil
	}
	if a, err := client.Do(t.Context(), request); err != nil || a.Size != 5 {
		t.Errorf("got %+v, %v", a, err)
	}
	request.Accept = "a problem"
	_, err := client.Do(t.Context(), request)
	if s := new(transport.StatusError); !errors.As(err, &s) || s.Status != http.StatusTeapot || !strings.Contains(s.Text, "three") {
		t.Errorf("got %v, want the handler's status", err)
	}
	request.Within = inside{}
	if _, err := client.Do(t.Context(), request); !transport.Refused(err) {
		t.Errorf("got %v, want a refused connection: the node does not serve", err)
	}
}

// A caller whose time is up goes on, though the handler does not end: it is told, and has nothing of the caller's any more.
func TestWithinLate(t *testing.T) {
	client := transport.New(1 << 20)
	defer client.Close()
	for _, c := range []struct {
		name string
		end  func(ask, live context.CancelCauseFunc)
		want func(error) bool
	}{
		{"the time is up", func(ask, _ context.CancelCauseFunc) { ask(transport.ErrTimeout) }, func(err error) bool { return errors.Is(err, transport.ErrTimeout) }},
		{"the caller goes", func(ask, _ context.CancelCauseFunc) { ask(nil) }, func(err error) bool { return errors.Is(err, context.Canceled) }},
		{"the node cuts it", func(_, live context.CancelCauseFunc) { live(nil) }, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, ask := context.WithCancelCause(t.Context())
			life, live := context.WithCancelCause(t.Context())
			defer ask(nil)
			defer live(nil)
			begun, goOn, over := make(chan struct{}), make(chan struct{}), make(chan error)
			call := client.Begin(ctx, transport.Request{
				Method: http.MethodPost, URL: nowhere, Parts: [][]byte{make([]byte, 100)},
				Within: within(life, func(w http.ResponseWriter, r *http.Request) {
					close(begun)
					<-r.Context().Done()
					<-goOn
					_, read := r.Body.Read(make([]byte, 10))
					_, written := w.Write([]byte("late"))
					w.WriteHeader(http.StatusProcessing)
					if read == nil || written == nil {
						read = errors.New("the handler still has the caller's memory")
						over <- read
						return
					}
					over <- nil
				}),
			})
			<-begun
			c.end(ask, live)
			if _, err := call.Wait(); !c.want(err) {
				t.Errorf("got %v", err)
			}
			close(goOn)
			if err := <-over; err != nil {
				t.Error(err)
			}
		})
	}
}

// A handler that breaks off is a connection that broke, and shows that it is alive by interim answers.
func TestWithinBreaksOff(t *testing.T) {
	client := transport.New(1 << 20)
	defer client.Close()
	alive := 0
	request := transport.Request{
		Method: http.MethodPost, URL: nowhere, Alive: func() { alive++ }, Beat: time.Second,
		Within: within(t.Context(), func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Chimera-Beat") == "" && r.Body != http.NoBody {
				t.Error("the handler is not asked for interim answers, or gets a body")
			}
			w.WriteHeader(http.StatusProcessing)
			w.WriteHeader(http.StatusProcessing)
			panic(http.ErrAbortHandler)
		}),
	}
	_, err := client.Do(t.Context(), request)
	if !errors.Is(err, io.EOF) || !transport.Temporary(err) || alive != 3 {
		t.Errorf("got %v after %d signs of life, want a broken connection after 3", err, alive)
	}
}

// Many callers at once each get their own answer.
func TestWithinManyAtOnce(t *testing.T) {
	client := transport.New(1 << 20)
	defer client.Close()
	echo := within(t.Context(), func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	for range 20 {
		var calls []*transport.Call
		for i := range 100 {
			calls = append(calls, client.Begin(t.Context(), transport.Request{
				Method: http.MethodPost, URL: nowhere, Parts: [][]byte{bytes.Repeat([]byte{byte(i)}, 100*i)}, Within: echo,
			}))
		}
		for i, call := range calls {
			if a, err := call.Wait(); err != nil || !bytes.Equal(a.Body, bytes.Repeat([]byte{byte(i)}, 100*i)) {
				t.Fatalf("call %d: %+v, %v", i, a, err)
			}
		}
	}
}
