package cluster

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/gochimera/chimera/distribute/endpoint"
	"github.com/gochimera/chimera/internal/wire"
)

// StalePartError reports that a part cannot be used that was stored before a fit
// was interrupted.
type StalePartError struct {
	Worker string
	Err    error
}

// Error names the worker.
func (e *StalePartError) Error() string {
	return "what was stored of worker " + e.Worker + " cannot be used: " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *StalePartError) Unwrap() error { return e.Err }

// Redeliver gives a member the part back that was stored of it before a program
// was killed whose fit this one goes on with, and makes it a part of the fit's
// model, as StorePart does. check says, by the head of the part, whether the fit
// still wants it. It returns that head, or nil if nothing was stored. The error is a
// *StalePartError if the part is of no use: then it is to be made again. Other errors are those of the call.
func Redeliver[Q, A any](ctx context.Context, f *Fit, m *Member, e endpoint.Endpoint[Q, A], check func(Q) error) (*Q, error) {
	draft, err := f.draft(ctx)
	if err != nil {
		return nil, f.notStored(err)
	}
	if draft == nil || !f.Resumed {
		return nil, nil
	}
	done, err := takeTurn(ctx, f.turn, partsMemory) // how large it is, nobody has said
	if err != nil {
		return nil, err
	}
	defer done()
	var body bytes.Buffer
	head := new(Q)
	part, err := draft.Continue(ctx, m.Name, func(r io.Reader) error {
		if _, err := io.Copy(&body, r); err != nil {
			return err
		}
		if _, err := wire.ReceivedFrom(body.Bytes()).Decode(head); err != nil {
			return err
		}
		return check(*head)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, &StalePartError{m.Name, err}
	}
	message := NewMessage(e)
	message.Encoded(body.Bytes())
	if r := Send(ctx, f.Cluster, m, message, nil); r.Err != nil {
		if isStatus(r.Err) && !isLost(r.Err) {
			return nil, &StalePartError{m.Name, r.Err}
		}
		return nil, r.Err
	}
	f.keeping.mu.Lock()
	defer f.keeping.mu.Unlock()
	f.keeping.parts[m.Name] = part
	return head, nil
}
