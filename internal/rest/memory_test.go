package rest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
)

// nodeWithMemory has one operation on rows, whose answers wait until they are let go.
type nodeWithMemory struct {
	*API
	letGo   chan struct{}
	running atomic.Int64
	held    atomic.Int64 // bytes, of the requests that run
	most    atomic.Int64 // that were held at any time
}

const path = "/v1/chimera/rows"

func newNodeWithMemory(limits Limits) *nodeWithMemory {
	n := &nodeWithMemory{API: New(Options{Title: "test", Version: "1", Limits: limits}), letGo: make(chan struct{})}
	op := huma.Operation{Method: http.MethodPost, Path: path}
	DocumentBody(n.API, &op, api.PredictRequest{})
	Register(n.API, op, func(ctx context.Context, in *RawInput) (*Output[int], error) {
		rows, err := DecodeRows(ctx, in.Raw, n.Limits(), nil, 100)
		if err != nil {
			return nil, err
		}
		held := ctx.Value(ticketKey{}).(*Ticket).Held()
		n.most.Store(max(n.most.Load(), n.held.Add(held)))
		n.running.Add(1)
		<-n.letGo
		n.running.Add(-1)
		n.held.Add(-held)
		return &Output[int]{rows.Len()}, nil
	})
	return n
}

// send posts rows, of a length that is known or not.
func (n *nodeWithMemory) send(body []byte, known bool) *httptest.ResponseRecorder {
	var from io.Reader = bytes.NewReader(body)
	if !known {
		from = io.MultiReader(from)
	}
	r := httptest.NewRequest(http.MethodPost, path, from)
	r.Host = "localhost"
	w := httptest.NewRecorder()
	n.ServeHTTP(w, r)
	return w
}

// rowsOf is a body of n bytes at least, of rows with a number of so many letters.
func rowsOf(n, letters int) []byte {
	row := "[" + strings.Repeat("1", letters) + "],"
	all := strings.Repeat(row, n/len(row)+1)
	return []byte(`{"X_pred_columns":["a"],"X_pred_rows":[` + all[:len(all)-1] + `]}`)
}

// textsOf is a body of n rows with a text each, of which no two are the same.
func textsOf(n int) []byte {
	body := []byte(`{"X_pred_columns":["a"],"X_pred_rows":[`)
	for i := range n {
		body = fmt.Appendf(body, `["%x"],`, i)
	}
	return append(body[:len(body)-1], "]}"...)
}

// Columns are bounded, also those of a body without commas.
func TestTooManyColumns(t *testing.T) {
	n := newNodeWithMemory(Limits{})
	close(n.letGo)
	body := []byte(`{"X_pred_columns":"` + strings.Repeat("a", maxColumns+1) + `","X_pred_rows":[[0]]}`)
	w := n.send(body, true)
	if w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "more columns than the limit") {
		t.Errorf("status %d: %.300s", w.Code, w.Body)
	}
}

// Eight requests of half a megabyte at once: as many are read as there is memory for, small ones are answered meanwhile, and
// what no memory became free for is told to come again.
func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const memory = 8 << 20
		n := newNodeWithMemory(Limits{Memory: memory, MaxBody: 4 << 20})
		var all sync.WaitGroup
		var ok, later atomic.Int64
		for range 8 {
			all.Go(func() {
				switch w := n.send(rowsOf(500_000, 200), true); {
				case w.Code == http.StatusOK:
					ok.Add(1)
				case w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") != "" && strings.Contains(w.Body.String(), "overloaded"):
					later.Add(1)
				default:
					t.Errorf("status %d: %s", w.Code, w.Body)
				}
			})
		}
		synctest.Wait()
		running := n.running.Load()
		if running < 2 || running > 7 { // each holds 2 MB at first, and what it needs once it has been read
			t.Errorf("%d of 8 requests run", running)
		}
		small := make(chan int)
		go func() { small <- n.send(rowsOf(10, 1), true).Code }()
		synctest.Wait()
		if n.running.Load() != running+1 {
			t.Error("a small request waits behind large ones")
		}
		n.letGo <- struct{}{}
		synctest.Wait()
		time.Sleep(DefaultQueue)
		synctest.Wait()
		close(n.letGo)
		<-small
		all.Wait()
		if ok.Load()+later.Load() != 8 || later.Load() == 0 || n.most.Load() > memory {
			t.Errorf("%d answered, %d told to come again; %d bytes at once of %d", ok.Load(), later.Load(), n.most.Load(), int64(memory))
		}
		for _, l := range []*lane{n.memory.small, n.memory.large, n.memory.more} {
			if !l.TryAcquire(l.size) {
				t.Error("something was not given back")
			}
		}
	})
}

// What is counted is what a body becomes. Single digits are five times as large when they are numbers, in two copies
// and with an answer; a body that is larger than all of the memory is answered, alone.
func TestMemoryOfABody(t *testing.T) {
	for _, c := range []struct {
		name           string
		memory         int64
		body           []byte
		known          bool
		atLeast, under int64
	}{
		{"long numbers", 64 << 20, rowsOf(100_000, 200), true, 100_000, 300_000},
		{"digits", 64 << 20, rowsOf(100_000, 1), true, 25_000 * (16 + 100), 25_000*(16+100) + 500_000},
		{"digits, of unknown length", 64 << 20, rowsOf(100_000, 1), false, 25_000 * (16 + 100), 25_000*(16+100) + 500_000},
		{"long numbers, of unknown length", 64 << 20, rowsOf(1_000_000, 200), false, 1_000_000, 2_000_000},
		{"texts", 64 << 20, textsOf(25_000), true, 25_000 * (7 + 16 + 100 + 96), 25_000*(7+16+100+96) + 500_000},
		{"more than there is", 1 << 20, rowsOf(1_000_000, 1), true, 1 << 19, 1 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNodeWithMemory(Limits{Memory: c.memory})
			close(n.letGo)
			if w := n.send(c.body, c.known); w.Code != http.StatusOK {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			if held := n.most.Load(); held < c.atLeast || held > c.under {
				t.Errorf("a body of %d bytes holds %d, want %d to %d", len(c.body), held, c.atLeast, c.under)
			}
		})
	}
}

// Who goes away while waiting leaves the queue.
func TestWaitingEndsWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{Limits: Limits{Memory: 8 << 20}})
		first, err := a.Admit(t.Context(), 100<<20)
		if err != nil || first.Held() != a.memory.large.size {
			t.Fatalf("%v, %v", first, err)
		}
		ctx, gone := context.WithCancel(t.Context())
		failed := make(chan error)
		go func() { _, err := a.Admit(ctx, 2<<20); failed <- err }()
		synctest.Wait()
		gone()
		if err := <-failed; err == nil || isOverloaded(err) {
			t.Errorf("got %v", err)
		}
		first.Release()
		if _, err := a.Admit(t.Context(), 2<<20); err != nil {
			t.Errorf("after all was given back: %v", err)
		}
	})
}
