package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/go-json-experiment/json"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// The answers of a master, as they are sent.
type (
	// FitResult is what a fit did: who took part, how long it took, who failed.
	FitResult = api.FitResponse
	// Job is the running fit, or the last one.
	Job = api.FitJob
	// Prediction is the combined prediction, and the workers that contributed.
	Prediction = api.PredictResponse
	// Score is how well the model predicts rows whose truth is known.
	Score = api.ScoreResponse
	// Training reports a parameter server's training; it is part of a FitResult.
	Training = api.Training
	// Coefficients are the parameters that a parameter server has trained.
	Coefficients = api.Coefficients
	// Status is the master and its workers.
	Status = api.MasterStatus
	// Problem is an error answer; errors.As finds it in the errors of this package.
	Problem = api.Problem //nolint:errname // RFC 9457 names it so
	// WorkerFailure is a worker that did not take part, and the reason.
	WorkerFailure = api.WorkerFailure
	// Event is something that happened, with its number in the stream.
	Event = api.Envelope
)

// Client calls one master. It is safe for use by several goroutines.
type Client struct {
	base string
	http *transport.Client

	paths atomic.Pointer[api.Paths] // of the master's kind; nil until the master has answered

	threshold float64 // of predictions and scores; 0 is the master's
	restart   bool    // fits begin anew
	leave     bool    // a fit that is not followed any more is not cancelled
}

// Option says more of how a client calls its master.
type Option func(*Client) error

// maxAnswer bounds the size of an answer.
const maxAnswer = 1 << 30

// New makes a client for the master at a URL such as http://localhost:8080, of any kind. It makes no
// request.
func New(master string, opts ...Option) (*Client, error) {
	u, err := url.Parse(master)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("%q is not the address of a master: want a URL such as http://localhost:8080", master)
	}
	c := &Client{base: strings.TrimRight(master, "/"), http: transport.New(maxAnswer)}
	for _, opt := range opts {
		if err := opt(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// WithThreshold is a client of the same master whose predictions and scores take the second of two classes as the label from
// this probability on, above 0 and below 1, whatever the master's chimera.yaml says. It shares the connections: one Close is enough.
func (c *Client) WithThreshold(probability float64) *Client {
	other := c.same()
	other.threshold = probability
	return other
}

// WithRestart is a client of the same master whose fits begin anew, where otherwise a fit is joined that an earlier program had
// begun and that the master goes on with. It shares the connections.
func (c *Client) WithRestart() *Client {
	other := c.same()
	other.restart = true
	return other
}

// WithFitsLeft is a client of the same master whose FollowFit does not cancel the fit if its context ends first. It is for who
// ends the master then, which goes on with the fit when it is started again. It shares the connections.
func (c *Client) WithFitsLeft() *Client {
	other := c.same()
	other.leave = true
	return other
}

func (c *Client) same() *Client {
	return &Client{base: c.base, http: c.http, threshold: c.threshold, restart: c.restart, leave: c.leave}
}

// decide adds the threshold to a body.
func (c *Client) decide(body []byte) []byte {
	if c.threshold == 0 {
		return body
	}
	body = append(body[:len(body)-1], `,"threshold":`...) // in place of the closing brace
	return append(strconv.AppendFloat(body, c.threshold, 'g', -1, 64), '}')
}

// Close closes idle connections.
func (c *Client) Close() { c.http.Close() }

// URL is the master's address.
func (c *Client) URL() string { return c.base }

// Fit fits the model and waits for the result. If ctx ends first, the fit continues in the master; use
// Cancel to stop it.
func (c *Client) Fit(ctx context.Context) (*FitResult, error) {
	paths, err := c.find(ctx)
	if err != nil {
		return nil, err
	}
	return call[FitResult](ctx, c, http.MethodPost, c.fit(paths, ""), nil)
}

// fit is the path at which a fit starts.
func (c *Client) fit(paths api.Paths, query string) string {
	if c.restart {
		query = strings.TrimPrefix(query+"&restart=true", "&")
	}
	if query == "" {
		return paths.Fit
	}
	return paths.Fit + "?" + query
}

// StartFit starts a fit and returns its ID at once; Job returns its state.
func (c *Client) StartFit(ctx context.Context) (fitID string, err error) {
	paths, err := c.find(ctx)
	if err != nil {
		return "", err
	}
	r, err := call[FitResult](ctx, c, http.MethodPost, c.fit(paths, "wait=false"), nil)
	if err != nil {
		return "", err
	}
	return r.FitID, nil
}

// Job is the running fit, or the last one; nil before the first.
func (c *Client) Job(ctx context.Context) (*Job, error) {
	j, err := call[Job](ctx, c, http.MethodGet, api.PathFit, nil)
	var p *Problem
	if errors.As(err, &p) && p.Code == api.CodeNotFound {
		return nil, nil
	}
	return j, err
}

// Cancel cancels the running fit; the model that served before stays in service.
func (c *Client) Cancel(ctx context.Context) error {
	_, err := call[api.CommitResponse](ctx, c, http.MethodDelete, api.PathFit, nil)
	return err
}

// Predict predicts for the rows of x; columns holds the names of its columns, in any order. NaN is a missing value.
func (c *Client) Predict(ctx context.Context, columns []string, x *mat.Dense) (*Prediction, error) {
	return c.PredictTable(ctx, table.Rows{Columns: columns, X: x})
}

// PredictTable predicts for rows whose cells are numbers, texts or missing, with columns in any order.
func (c *Client) PredictTable(ctx context.Context, rows table.Rows) (*Prediction, error) {
	body, err := wire.EncodePredict(nil, rows)
	if err != nil {
		return nil, fmt.Errorf("the rows cannot be sent: %w", err)
	}
	paths, err := c.find(ctx)
	if err != nil {
		return nil, err
	}
	return call[Prediction](ctx, c, http.MethodPost, paths.Predict, c.decide(body))
}

// Score compares predictions for the rows of x with the truth, which has one label or number per row.
func (c *Client) Score(ctx context.Context, columns []string, x *mat.Dense, truth []learner.Label) (*Score, error) {
	return c.ScoreTable(ctx, table.Rows{Columns: columns, X: x}, truth)
}

// ScoreTable is Score for rows whose cells are numbers, texts or missing. A model for clustering or decomposition needs no truth: it may
// be nil.
func (c *Client) ScoreTable(ctx context.Context, rows table.Rows, truth []learner.Label) (*Score, error) {
	body, err := wire.EncodePredict(nil, rows)
	if err != nil {
		return nil, fmt.Errorf("the rows cannot be sent: %w", err)
	}
	if truth != nil {
		y, err := json.Marshal(truth)
		if err != nil {
			return nil, fmt.Errorf("the truth cannot be sent: %w", err)
		}
		body = append(body[:len(body)-1], `,"y_true":`...) // in place of the closing brace
		body = append(append(body, y...), '}')
	}
	paths, err := c.find(ctx)
	if err != nil {
		return nil, err
	}
	return call[Score](ctx, c, http.MethodPost, paths.Score, c.decide(body))
}

// Status is the state of the master and its workers. It is an UnreachableError if what answers is no master.
func (c *Client) Status(ctx context.Context) (*Status, error) {
	s, err := call[Status](ctx, c, http.MethodGet, api.PathStatus, nil)
	var problem *Problem
	var gone *UnreachableError
	switch {
	case err == nil && s.Master == "":
		return nil, &UnreachableError{URL: c.base, Err: errors.New("what answers there is something else")}
	case err != nil && !errors.As(err, &problem) && !errors.As(err, &gone) && !errors.Is(err, context.Canceled):
		return nil, &UnreachableError{URL: c.base, Err: fmt.Errorf("what answers there is something else: %w", err)}
	default:
		return s, err
	}
}

// Coefficients are the parameters that a parameter server has trained.
func (c *Client) Coefficients(ctx context.Context) (*Coefficients, error) {
	return call[Coefficients](ctx, c, http.MethodGet, api.PathCoefficients, nil)
}

// find asks the master for its kind until it has answered once. Concurrent first calls each ask for
// themselves, so that none waits longer than its own ctx, or fails because another was cancelled.
func (c *Client) find(ctx context.Context) (api.Paths, error) {
	if known := c.paths.Load(); known != nil {
		return *known, nil
	}
	status, err := c.Status(ctx)
	if err != nil {
		return api.Paths{}, err
	}
	paths := api.PathsOf(status.Master)
	c.paths.Store(&paths)
	return paths, nil
}

// call makes one request; an error answer is a wrapped *Problem.
func call[T any](ctx context.Context, c *Client, method, path string, body []byte) (*T, error) {
	r := transport.Request{Method: method, URL: c.base + path, Accept: "application/json", Body: body}
	if body != nil {
		r.ContentType = "application/json"
	}
	a, err := c.send(ctx, r)
	if err != nil {
		return nil, explain(c.base, err)
	}
	out := new(T)
	if err := json.Unmarshal(a.Body, out); err != nil {
		return nil, fmt.Errorf("the answer of %s%s cannot be read: %w", c.base, path, err)
	}
	return out, nil
}

// explain turns an error answer into its problem, or into an UnreachableError if there was no answer.
func explain(base string, err error) error {
	var s *transport.StatusError
	if errors.As(err, &s) {
		if s.Problem != nil && s.Problem.Code != "" {
			return s.Problem
		}
		return fmt.Errorf("the master at %s: %w", base, err)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return &UnreachableError{URL: base, Err: err}
}

// UnreachableError means that no master answered: there is none at the address, or it is gone.
type UnreachableError struct {
	URL string // the address that was tried
	Err error
}

// Error is a sentence with the address and the reason.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("no master answers at %s: %v", e.URL, e.Err)
}

// Unwrap returns the reason.
func (e *UnreachableError) Unwrap() error { return e.Err }
