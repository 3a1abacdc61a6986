package cluster_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
)

// keeper is a master whose model is a number, which it stores: 1 after the first fit, 2 after the next. Its fits, and what puts a stored
// model into service, wait at its gate, if it has one, and fail as they are told.
type keeper struct {
	*cluster.Cluster
	model atomic.Pointer[numbered]
	fits  atomic.Int64
	begun chan string   // gets the ID of what waits at the gate
	gate  chan struct{} // nil if there is none
	fault error
}

type numbered struct {
	cluster.Model
	number float64
}

var _ cluster.Lasting = (*keeper)(nil)

func (*keeper) Kind() string                                   { return aggregation.Name }
func (*keeper) Quorum() int                                    { return 1 }
func (*keeper) CatchUp(context.Context, *cluster.Member) error { return nil }
func (*keeper) Close()                                         {}

func (k *keeper) Mount(c *cluster.Cluster) error {
	k.Cluster = c
	c.HandleModel(cluster.Operations{Predict: "Answers its number.", Score: "the number",
		Do: func(_ context.Context, rows cluster.Rows) (*cluster.Prediction, error) {
			m := k.model.Load()
			if m == nil {
				return nil, c.NotFitted("keeper")
			}
			values := make([]float64, rows.Len())
			for i := range values {
				values[i] = m.number
			}
			return &cluster.Prediction{Model: m.Model, Combined: cluster.Output{Values: values}}, nil
		}})
	return nil
}

func (k *keeper) Model() cluster.Model {
	if m := k.model.Load(); m != nil {
		return m.Model
	}
	return cluster.Model{}
}

// pass waits at the gate.
func (k *keeper) pass(ctx context.Context, id string) error {
	if k.gate == nil {
		return k.fault
	}
	k.begun <- id
	select {
	case <-k.gate:
		return k.fault
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *keeper) Fit(ctx context.Context, f *cluster.Fit) (*api.FitResponse, error) {
	if err := k.pass(ctx, f.ID); err != nil {
		return nil, err
	}
	m := &numbered{cluster.Model{FitID: f.ID, Task: learner.Regression, Features: []string{"a"}, Baseline: []float64{0}, Rows: 3}, float64(k.fits.Add(1))}
	err := f.StorePart(ctx, "master", func(w io.Writer) error { return binary.Write(w, binary.LittleEndian, m.number) })
	if err != nil {
		return nil, err
	}
	report := &api.FitResponse{Rows: 3, Workers: []api.WorkerFit{{Worker: "w1", Rows: 3}}, Training: &api.Training{Steps: 2, Loss: api.Floats{4, m.number}}}
	if err := f.Keep(ctx, &m.Model, nil, report); err != nil {
		return nil, err
	}
	k.model.Store(m)
	return report, nil
}

func (k *keeper) open(ctx context.Context, stored *cluster.Stored) (*numbered, error) {
	part, err := stored.Read(ctx, "master")
	if err != nil {
		return nil, err
	}
	if len(part) != 8 {
		return nil, errors.New("no number")
	}
	return &numbered{stored.ServedModel(), math.Float64frombits(binary.LittleEndian.Uint64(part))}, nil
}

func (k *keeper) Adopt(ctx context.Context, stored *cluster.Stored) error {
	m, err := k.open(ctx, stored)
	k.model.Store(m)
	return err
}

func (k *keeper) Serve(ctx context.Context, f *cluster.Fit, stored *cluster.Stored) error {
	if err := k.pass(ctx, f.ID); err != nil {
		return err
	}
	m, err := k.open(ctx, stored)
	if err == nil {
		err = f.Keeping(ctx)
	}
	if err == nil {
		k.model.Store(m)
	}
	return err
}

// keeping is a cluster with a keeper, and the store in a folder.
func keeping(t *testing.T, k *keeper, dir string) *mastertest.Cluster {
	t.Helper()
	c := mastertest.New(t, k)
	bucket, err := models.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	c.Models = models.NewStore(bucket)
	c.Add("w1", http.NotFoundHandler)
	c.Serve("workers: [{name: w1, learner: mean}]\nlimits: {max_model: 1MiB}\n", c.Registry())
	return c
}

// number is what the model in service answers.
func number(c *mastertest.Cluster) float64 {
	c.T.Helper()
	return c.Predict(`{"X_pred_columns":["a"],"X_pred_rows":[[1]]}`).Y.Values[0]
}

// ask makes a request that must be answered with a status, and decodes the answer.
func ask[T any](c *mastertest.Cluster, method, path, body string, want int) (answer T) {
	c.T.Helper()
	status, text := c.Send(method, path, "application/json", body)
	if status != want {
		c.T.Fatalf("%s %s: status %d, want %d: %s", method, path, status, want, text)
	}
	if text == "" {
		return answer
	}
	return mastertest.Decode[T](c.T, text)
}

// refused makes a request that must be refused with a code.
func refused(c *mastertest.Cluster, method, path string, code api.Code) api.Problem {
	c.T.Helper()
	p := ask[api.Problem](c, method, path, "", code.Info().Status)
	if p.Code != code {
		c.T.Fatalf("%s %s: %s, want %s: %s", method, path, p.Code, code, p.Detail)
	}
	return p
}

func modelPath(id string, more ...string) string {
	return fmt.Sprint(api.PathModels, "/", id, fmt.Sprint(stringsOf(more)...))
}

func stringsOf(all []string) (out []any) {
	for _, s := range all {
		out = append(out, s)
	}
	return out
}

func callerOf(c *mastertest.Cluster) *client.Client {
	c.T.Helper()
	caller, err := client.New(c.Master.URL)
	if err != nil {
		c.T.Fatal(err)
	}
	c.T.Cleanup(caller.Close)
	return caller
}
