package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/transport"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/prepare/table"
)

// mostAnswer bounds the size of a worker's answer, in bytes.
const mostAnswer = 1 << 28

// PredictAlone asks one worker of an aggregation for its own prediction.
func (r *Rig) PredictAlone(ctx context.Context, worker int, d learner.Dataset) (*api.PredictResponse, error) {
	body, err := wire.EncodePredict(nil, table.Rows{Columns: d.Features, X: d.X})
	if err != nil {
		return nil, err
	}
	c := transport.New(mostAnswer)
	defer c.Close()
	a, err := c.Do(ctx, transport.Request{
		Method: http.MethodPost, URL: r.URL(worker) + aggregation.PathPredict, Accept: "application/json", ContentType: "application/json", Body: body,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Name(worker), err)
	}
	p := &api.PredictResponse{}
	if err := json.Unmarshal(a.Body, p); err != nil {
		return nil, fmt.Errorf("the answer of %s cannot be read: %w", Name(worker), err)
	}
	return p, nil
}
