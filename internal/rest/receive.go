package rest

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/wire"
)

// Every body is read here, before its operation is asked, so that what can be wrong with one on the wire is
// answered alike everywhere. Only frames that a worker reads into memory of its own go past (Direct).

// received is a body that has been read and lies in memory.
type received struct {
	*bytes.Reader
	all []byte
}

// Close does nothing: the body has been read.
func (received) Close() error { return nil }

// bodyFactor is how many bytes a byte of a body may take until more is known about it: itself, and the numbers that are
// decoded from it, which are twice in memory for a moment. Numbers of five letters and a comma take as
// much; for shorter ones more is reserved when they have been counted.
const bodyFactor = 4

// receive reads a request's body, if it has one and its operation wants one. It returns the request to go on with, and what is to be
// called at its end.
func (a *API) receive(w http.ResponseWriter, r *http.Request, op *huma.Operation) (*http.Request, func(), *api.Problem) {
	if !hasBody(r) {
		return r, func() {}, nil
	}
	if p := checkMedia(r, op); p != nil {
		return nil, nil, p
	}
	limit := a.limits.MaxBody
	deadline := http.NewResponseController(w) // a connection without deadlines has no slow sender
	if r.ContentLength > limit {
		_ = deadline.SetReadDeadline(time.Now().Add(a.limits.BodyTimeout)) // the server waits for the rest of a small one
		return nil, nil, tooLarge(limit)
	}
	b := &incoming{ctx: r.Context(), limit: limit, keep: op.RequestBody != nil}
	if coding(r) == "" {
		b.announced = max(r.ContentLength, 0)
	}
	var expected int64
	if b.keep {
		expected = cmp.Or(bodyFactor*b.announced, min(bodyFactor*firstRead, a.memory.small.size))
	}
	ticket, err := a.Admit(r.Context(), expected)
	if err != nil {
		return nil, nil, asProblem(err)
	}
	b.ticket = ticket
	_ = deadline.SetReadDeadline(time.Now().Add(a.limits.BodyTimeout))
	body, err := b.read(r)
	if err == nil && b.keep {
		err = wire.CheckDigest(r.Header, body)
	}
	if err != nil {
		ticket.Release()
		return nil, nil, a.bodyProblem(err)
	}
	if held := bodyFactor * int64(len(body)); held < ticket.Held() {
		_ = ticket.Resize(r.Context(), held) // less is always to be had
	}
	_ = deadline.SetReadDeadline(time.Time{})
	r = r.WithContext(context.WithValue(r.Context(), ticketKey{}, ticket))
	r.Body, r.ContentLength = received{bytes.NewReader(body), body}, int64(len(body))
	r.Header.Del("Content-Encoding")
	return r, ticket.Release, nil
}

func hasBody(r *http.Request) bool {
	return r.ContentLength != 0 && r.Body != nil && r.Body != http.NoBody
}

// incoming is a body while it is being read.
type incoming struct {
	ctx       context.Context
	ticket    *Ticket
	limit     int64
	announced int64 // its length; 0 if that is not known
	keep      bool  // or else it is read and forgotten, as the operation takes no body
	all       []byte
}

// errTooLarge ends the reading of a body that is larger than the limit.
var errTooLarge = errors.New("the body is too large")

// firstRead is how many bytes are allocated at first; more once these have arrived.
const firstRead = 64 << 10

// read reads the body, decoded.
func (b *incoming) read(r *http.Request) ([]byte, error) {
	var from io.Reader = r.Body
	if coding(r) != "" { // gzip: checkMedia refuses any other
		unzip, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		from = unzip
	}
	b.all = make([]byte, 0, firstRead)
	if b.announced > 0 {
		b.all = make([]byte, 0, min(b.announced+1, firstRead)) // one more byte, to see the end
	}
	for total := int64(0); ; {
		if len(b.all) == cap(b.all) {
			if err := b.grow(); err != nil {
				return nil, err
			}
		}
		n, err := from.Read(b.all[len(b.all):cap(b.all)])
		total += int64(n)
		if b.keep {
			b.all = b.all[:len(b.all)+n]
		}
		switch {
		case total > b.limit:
			return nil, errTooLarge
		case errors.Is(err, io.EOF):
			return b.all, nil
		case err != nil:
			return nil, err
		}
	}
}

// grow makes room for more: for as much as is announced once a part of it has arrived, or else for twice as much. A body of a length that
// is not known and that is not small has to be admitted as if it had all the bytes that are allowed.
func (b *incoming) grow() error {
	size := int64(2 * cap(b.all))
	switch {
	case b.announced > 0 && int64(len(b.all)) >= b.announced/8:
		size = b.announced + 1
	case b.announced == 0 && cap(b.all) == firstRead:
		if err := b.ticket.add(b.ctx, b.ticket.memory.large, bodyFactor*b.limit); err != nil {
			return err
		}
	}
	b.all = append(make([]byte, 0, min(size, b.limit+1)), b.all...)
	return nil
}

// coding is a body's content coding; empty if there is none.
func coding(r *http.Request) string {
	c := strings.ToLower(strings.TrimSpace(strings.Join(r.Header.Values("Content-Encoding"), ",")))
	switch c {
	case "identity":
		return ""
	case "x-gzip": // an older name (RFC 9110, section 8.4.1.3)
		return "gzip"
	}
	return c
}

// checkMedia refuses a body of a kind that the operation does not take.
func checkMedia(r *http.Request, op *huma.Operation) *api.Problem {
	if c := coding(r); c != "" && c != "gzip" {
		return api.Problemf(api.CodeUnsupportedMedia, "The body's content coding is %q; send it as it is, or with Content-Encoding: gzip.", Shorten(c))
	}
	wanted := []string{"application/json"}
	if op.RequestBody != nil {
		wanted = wanted[:0]
		for media := range op.RequestBody.Content {
			wanted = append(wanted, media)
		}
		slices.Sort(wanted)
	}
	given := r.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(given)
	if given == "" {
		media = "application/json"
	} else if err == nil && strings.HasSuffix(media, "+json") {
		media = "application/json"
	}
	if slices.Contains(wanted, media) {
		return nil
	}
	return api.Problemf(api.CodeUnsupportedMedia, "The body's content type is %q; send %s.", Shorten(given), strings.Join(wanted, " or "))
}

func tooLarge(limit int64) *api.Problem {
	return api.Problemf(api.CodeBodyTooLarge, "The body is larger than the limit of %d bytes (limits.max_body).", limit)
}

// bodyProblem is the problem of a body that could not be read: whatever is wrong with it on the wire, the sender is at fault, or the
// connection.
func (a *API) bodyProblem(err error) *api.Problem {
	switch {
	case isOverloaded(err):
		return asProblem(err)
	case errors.Is(err, errTooLarge):
		return tooLarge(a.limits.MaxBody)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return api.Problemf(api.CodeBodyTimeout, "The body was not complete within %s (limits.body_read_timeout).", a.limits.BodyTimeout)
	case errors.Is(err, wire.ErrDamaged):
		return api.NewProblem(api.CodeDamaged, "The body was damaged on its way: "+err.Error()+". Send it again.")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return api.NewProblem(api.CodeMalformedBody, "The body ended before it was complete.")
	}
	return api.NewProblem(api.CodeMalformedBody, "The body cannot be read: "+err.Error()+".")
}

// asProblem is an error as a problem: that of waiting for memory, or the caller has gone.
func asProblem(err error) *api.Problem {
	var p *api.Problem
	if errors.As(err, &p) {
		return p
	}
	return api.NewProblem(api.CodeMalformedBody, "The caller went away before its body was read.")
}
