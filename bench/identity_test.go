package bench_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/masters"
)

// BenchmarkIdentity is a step of a parameter server with two worker processes that have half of the diabetes shape each, a step on few rows, and the
// prediction of 10,000 rows by two trees, where workers know their master by a token or by certificates, beside the same where they
// do not: at most 1.25 for a step and 1.15 for a prediction.
func BenchmarkIdentity(b *testing.B) {
	const steps, turns = 100, 7
	d := shapes.Diabetes(1)
	rows := make([][]float64, 10_000)
	for i := range rows {
		rows[i] = d.X.RawRowView(i)
	}
	body, err := json.Marshal(map[string]any{"X_pred_columns": d.Features, "X_pred_rows": rows})
	if err != nil {
		b.Fatal(err)
	}
	ways := []string{"none", "token", "mtls"}
	var large, small, predict []func() float64
	for _, how := range ways {
		settings := map[string]string{"security.workers": how, "parameter_server.max_iter": fmt.Sprint(steps)}
		fit := func(n int) func() float64 {
			data := d.Select(firstRows(n))
			setup := processes(b, "fullbatch", settings, func(i, n int, dir string) { writeRows(b, dir, data, data.Len()*i/n, data.Len()*(i+1)/n) })
			url := serve(b, masters.NewParameterServer(), setup)
			return func() float64 { return median(stepTimes(b, url)) }
		}
		large, small = append(large, fit(d.Len())), append(small, fit(64))
		trees := serve(b, masters.NewAggregation(), processes(b, "bagging", map[string]string{"security.workers": how}, func(i, _ int, dir string) {
			writeRows(b, dir, d, i*20_000, (i+1)*20_000)
		}))
		paths := api.PathsOf("aggregation")
		if _, err := post(trees+paths.Fit, nil); err != nil {
			b.Fatal(err)
		}
		predict = append(predict, func() float64 {
			return median(timesOf(b, 20, func() error {
				_, err := post(trees+paths.Predict, body)
				return err
			}))
		})
	}
	for b.Loop() {
		for what, measure := range map[string][]func() float64{"step": large, "small-step": small, "predict": predict} {
			took := make([][]float64, len(ways))
			for range turns { // in turns, so that what slows one slows all
				for i := range ways {
					took[i] = append(took[i], measure[i]())
				}
			}
			b.ReportMetric(median(took[0])*1e6, "plain-"+what+"-us")
			for i, how := range ways[1:] {
				b.ReportMetric(median(took[i+1])/median(took[0]), how+"-"+what+"-ratio")
			}
		}
		b.ReportMetric(0, "ns/op") // of all turns
	}
}
