package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/masters"
	"github.com/gochimera/chimera/prepare/table"
	"github.com/gochimera/chimera/registry"
)

// bagging starts the project in bench/bagging: two worker processes, each with
// half of the diabetes shape, and a master in this process.
func bagging(b *testing.B) (masterURL string) {
	b.Helper()
	data := shapes.Diabetes(1)
	half := data.Len() / 2
	setup := processes(b, "bagging", nil, func(i, _ int, dir string) { writeRows(b, dir, data, i*half, (i+1)*half) })
	return serve(b, masters.NewAggregation(), setup)
}

func writeRows(b *testing.B, dir string, d learner.Dataset, from, to int) {
	b.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	var x, y bytes.Buffer
	for j, name := range d.Features {
		if j > 0 {
			x.WriteByte(',')
		}
		x.WriteString(name)
	}
	x.WriteByte('\n')
	y.WriteString("target\n")
	for i := from; i < to; i++ {
		for j, v := range d.X.RawRowView(i) {
			if j > 0 {
				x.WriteByte(',')
			}
			x.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
		}
		x.WriteByte('\n')
		fmt.Fprintf(&y, "%s\n", d.Classes[int(d.Y[i])])
	}
	for name, text := range map[string][]byte{"X_train.csv": x.Bytes(), "y_train.csv": y.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

// post sends a body and reads the answer to its end.
func post(url string, body []byte) ([]byte, error) {
	res, err := http.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %.300s", res.StatusCode, answer)
	}
	return answer, err
}

// BenchmarkBaggingFit fits two worker processes through the master. The peer
// is the same two halves fitted one after the other in this process.
func BenchmarkBaggingFit(b *testing.B) {
	master := bagging(b)
	data := shapes.Diabetes(1)
	halves := []learner.Dataset{slice(data, 0, data.Len()/2), slice(data, data.Len()/2, data.Len())}
	var compute float64
	took := compare(b, "one-process", func() error {
		answer, err := post(master+api.PathsOf("aggregation").Fit, nil)
		if err != nil {
			return err
		}
		var fit api.FitResponse
		if err := json.Unmarshal(answer, &fit); err != nil {
			return err
		}
		for _, w := range fit.Workers {
			compute += w.Seconds / float64(len(fit.Workers))
		}
		return nil
	}, func() error {
		for _, half := range halves {
			if err := fitTree(half); err != nil {
				return err
			}
		}
		return nil
	})
	besidePeers(b, "bagging_fit_diabetes", took)
	b.ReportMetric(1000*compute/float64(b.N), "a-workers-compute-ms")
}

func slice(d learner.Dataset, from, to int) learner.Dataset {
	out := learner.Dataset{Schema: d.Schema, Y: d.Y[from:to]}
	out.X, _ = d.X.Slice(from, to, 0, len(d.Features)).(*mat.Dense)
	return out
}

// BenchmarkBaggingPredict predicts through the master and two worker
// processes. The peer is a bare round trip on loopback to another process with
// as small a handler as can be.
func BenchmarkBaggingPredict(b *testing.B) {
	master := bagging(b)
	if _, err := post(master+api.PathsOf("aggregation").Fit, nil); err != nil {
		b.Fatal(err)
	}
	data := shapes.Diabetes(2)
	bare := startBare(b)
	for _, rows := range []int{1, 100, 10_000} {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			x, _ := data.X.Slice(0, rows, 0, len(data.Features)).(*mat.Dense)
			body, err := wire.EncodePredict(nil, table.Rows{Columns: data.Features, X: x})
			if err != nil {
				b.Fatal(err)
			}
			small := []byte(`{"X_pred_columns":["a"],"X_pred_rows":[[1]]}`)
			took := compare(b, "bare-round-trip", func() error {
				_, err := post(master+api.PathsOf("aggregation").Predict, body)
				return err
			}, func() error {
				_, err := post(bare, small)
				return err
			})
			besidePeers(b, "bagging_predict_"+strconv.Itoa(rows), took)
		})
	}
}

// fitTree fits one tree, as a worker does.
func fitTree(d learner.Dataset) error {
	est, err := registry.New("tree-classifier", nil, learner.Env{Seed: 1, Procs: 1})
	if err != nil {
		return err
	}
	return est.Fit(context.Background(), d)
}
