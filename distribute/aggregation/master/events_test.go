package master_test

import (
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/internal/mastertest"
)

// Listeners are told when each worker was asked for its fit, when it answered, and how long it computed.
func TestAggregationTellsFitsOfWorkers(t *testing.T) {
	c := mastertest.Start(t, master.New(), nil, "mean", "", mastertest.Three()...)
	_, told := c.FitTold()
	began, fitted := mastertest.Told[api.WorkerBeganEvent](told), mastertest.Told[api.WorkerFittedEvent](told)
	if len(began) != 3 || len(fitted) != 3 {
		t.Fatalf("%d workers began and %d fitted, of 3", len(began), len(fitted))
	}
	at := map[string]api.WorkerBeganEvent{}
	for _, e := range began {
		at[e.Worker] = e
	}
	for _, e := range fitted {
		b, f := at[e.Fit.Worker], e.Fit
		if b.Rows != f.Rows || b.At != e.SentAt || !(0 < e.SentAt && e.SentAt < e.AnsweredAt) || f.Seconds > e.AnsweredAt-e.SentAt+1e-5 || f.Seconds <= 0 {
			t.Errorf("%+v, and then %+v", b, e)
		}
	}
}
