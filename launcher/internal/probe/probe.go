// Package probe asks a worker over HTTP whether it is alive and ready.
//
// The package imports package api, for the paths and the answer, and internal/identity, for an error.
package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/identity"
)

const (
	requestTimeout = 5 * time.Second // both answers are short and wait for nothing
	maxAnswer      = 64 << 10        // bytes read of an answer
	maxShown       = 200             // bytes of an answer that an error repeats
	firstPause     = time.Millisecond
	longestPause   = 100 * time.Millisecond
)

// StatusError is an answer with a status other than 200.
type StatusError struct {
	URL  string
	Code int
	Body string // its beginning
}

// Error shows the status and the beginning of the answer.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("GET %s answered %d %s", e.URL, e.Code, http.StatusText(e.Code))
	if e.Body != "" {
		text += ": " + e.Body
	}
	return text
}

// AnswerError is a 200 answer that is not a worker's.
type AnswerError struct {
	URL  string
	Body string // its beginning
}

// Error shows the beginning of the answer.
func (e *AnswerError) Error() string {
	return fmt.Sprintf("GET %s answered something that is not a worker's health: %s", e.URL, e.Body)
}

// Prober asks workers. Close it after use.
type Prober struct{ client *http.Client }

// New makes a Prober with connections of its own.
func New() *Prober {
	return Through(&http.Transport{
		Proxy:       http.ProxyFromEnvironment, // which leaves loopback alone
		DialContext: (&net.Dialer{Timeout: requestTimeout}).DialContext,
	})
}

// Through makes a Prober whose requests go by a transport of the caller's.
func Through(t http.RoundTripper) *Prober {
	return &Prober{client: &http.Client{Timeout: requestTimeout, Transport: t}}
}

// Close ends idle connections.
func (p *Prober) Close() { p.client.CloseIdleConnections() }

// Health asks the worker at base (its URL, without a slash at the end) what it
// is. The error is a *StatusError or an *AnswerError if something answered.
func (p *Prober) Health(ctx context.Context, base string) (api.Health, error) {
	url := base + api.PathHealth
	body, err := p.get(ctx, url)
	if err != nil {
		return api.Health{}, err
	}
	var h api.Health
	if err := json.Unmarshal(body, &h); err != nil || h.Status == "" {
		return api.Health{}, &AnswerError{URL: url, Body: shown(body)}
	}
	return h, nil
}

// Ready returns nil if the worker at base has what it needs to work. The error
// is a *StatusError if something answered.
func (p *Prober) Ready(ctx context.Context, base string) error {
	_, err := p.get(ctx, base+api.PathReady)
	return err
}

func (p *Prober) get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read as far as wanted; nothing is lost
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", url, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, &StatusError{URL: url, Code: resp.StatusCode, Body: shown(body)}
	}
	return body, nil
}

func shown(body []byte) string {
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(body), "?")), " ")
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + " ..."
	}
	return text
}

// Refused reports whether err is an answer that waiting will not change: a client
// error (4xx), the answer of something that is not a worker, or that of one which does not know who asks.
func Refused(err error) bool {
	var status *StatusError
	var answer *AnswerError
	var unknown *identity.RefusedError
	return errors.As(err, &unknown) || errors.As(err, &status) && status.Code >= 400 && status.Code < 500 || errors.As(err, &answer)
}

// Until calls try until it returns nil or an error that is Refused, with pauses
// that grow from 1 ms to 100 ms. When ctx ends first, the error joins ctx's and
// that of the last complete try.
func Until(ctx context.Context, try func(context.Context) error) error {
	var last error
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := try(ctx)
		if err == nil || Refused(err) {
			return err
		}
		if ctx.Err() == nil {
			last = err
			_ = Sleep(ctx, pause) // looked at below
		}
		if ctx.Err() != nil {
			return &WaitError{Cause: ctx.Err(), Last: last}
		}
	}
}

// WaitError says that the wait ended before what it was for happened.
type WaitError struct {
	Cause error // why the waiting ended
	Last  error // of the last complete try, or nil
}

// Error gives both.
func (e *WaitError) Error() string {
	if e.Last == nil {
		return e.Cause.Error()
	}
	return fmt.Sprintf("%v (last: %v)", e.Cause, e.Last)
}

// Unwrap is the cause.
func (e *WaitError) Unwrap() error { return e.Cause }

// Sleep returns after d, or with ctx's error when that ends first.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
