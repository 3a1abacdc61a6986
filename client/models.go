package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/models"
)

// An ID of a stored model may be shortened to the beginning of it that no other has, and be "latest" for the newest
// model or "serving" for the one in service.

func modelPath(id string) string { return api.PathModels + "/" + url.PathEscape(id) }

// Models are the stored models, the newest first.
func (c *Client) Models(ctx context.Context) (*models.Listing, error) {
	return call[models.Listing](ctx, c, http.MethodGet, api.PathModels, nil)
}

// Model is all that is known of a stored model.
func (c *Client) Model(ctx context.Context, id string) (*models.Detail, error) {
	return call[models.Detail](ctx, c, http.MethodGet, modelPath(id), nil)
}

// ServeModel puts a stored model into service, and waits until it is. The model in service answers meanwhile. If ctx
// ends first, the master goes on; use Cancel to stop it.
func (c *Client) ServeModel(ctx context.Context, id string) (*api.ServeResponse, error) {
	return call[api.ServeResponse](ctx, c, http.MethodPost, modelPath(id)+"/serve", nil)
}

// RemoveModel removes a stored model, which must not be in service.
func (c *Client) RemoveModel(ctx context.Context, id string) error {
	if _, err := c.send(ctx, transport.Request{Method: http.MethodDelete, URL: c.base + modelPath(id), Accept: "application/json"}); err != nil {
		return explain(c.base, err)
	}
	return nil
}

// ExportModel writes a stored model as one file. If the error is not nil, what was written is not whole.
func (c *Client) ExportModel(ctx context.Context, id string, to io.Writer) (err error) {
	body, err := c.stream(ctx, transport.Request{Method: http.MethodGet, URL: c.base + modelPath(id) + "/file", Accept: "application/zip"})
	if err != nil {
		return explain(c.base, err)
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	if _, err := io.Copy(to, body); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("the model %s did not arrive as a whole from %s: %w; its log has the reason if it is damaged there", id, c.base, err)
	}
	return nil
}

// ImportModel has the master take in a model from one file of size bytes. It is not put into service. isNew is false if the
// master had it already.
func (c *Client) ImportModel(ctx context.Context, file io.Reader, size int64) (m *models.Detail, isNew bool, err error) {
	r := transport.Request{Method: http.MethodPost, URL: c.base + api.PathModels, Accept: "application/json", ContentType: "application/zip"}
	a, err := c.http.Upload(ctx, r, file, size)
	if err != nil {
		return nil, false, explain(c.base, err)
	}
	m = &models.Detail{}
	if err := json.Unmarshal(a.Body, m); err != nil {
		return nil, false, fmt.Errorf("the answer of %s%s cannot be read: %w", c.base, api.PathModels, err)
	}
	return m, a.Status == http.StatusCreated, nil
}

// AttachScore attaches a score to the stored model that answered it, so that models can be compared. name says of which rows it
// is.
func (c *Client) AttachScore(ctx context.Context, name string, score *Score) error {
	if score.FitID == "" {
		return errors.New("the score does not say of which fit it is")
	}
	body, err := json.Marshal(api.AttachRequest{Name: name, Result: *score})
	if err != nil {
		return fmt.Errorf("the score cannot be sent: %w", err)
	}
	_, err = call[models.Detail](ctx, c, http.MethodPost, modelPath(score.FitID)+"/scores", body)
	return err
}

// Runs are the fits so far, also those that did not succeed, the last one first.
func (c *Client) Runs(ctx context.Context) (*models.History, error) {
	return call[models.History](ctx, c, http.MethodGet, api.PathRuns, nil)
}

// Run is the record of one fit, with all losses.
func (c *Client) Run(ctx context.Context, id string) (*models.Run, error) {
	return call[models.Run](ctx, c, http.MethodGet, api.PathRuns+"/"+url.PathEscape(id), nil)
}

// RunEvents calls each with the events of a fit that was recorded, or runs, until each returns false. Of a long fit not every step is
// among them.
func (c *Client) RunEvents(ctx context.Context, id string, each func(Event) bool) (err error) {
	path := api.PathRuns + "/" + url.PathEscape(id) + "/events"
	body, err := c.stream(ctx, transport.Request{Method: http.MethodGet, URL: c.base + path, Accept: "application/x-ndjson"})
	if err != nil {
		return explain(c.base, err)
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	if err := api.ReadEvents(body, each); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("the answer of %s%s: %w", c.base, path, err)
	}
	return nil
}
