package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/dashboard"
	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/rest"
	"github.com/gochimera/chimera/learner"
)

// hostile are names that a page could take for something else.
var hostile = []string{
	`<img src=x onerror=document.title='taken'>`, `</script><script>document.title='taken'</script>`, "\u202eright to left \u05d0\u05d1\u05d2",
	strings.Repeat("very long ", 200), "javascript:document.title='taken'", "{{.Project}}",
}

// Names of columns and classes are shown, and nothing else comes of them.
func TestHostileNames(t *testing.T) {
	project := brief()
	project.rows = mastertest.ToyRows(120, 2)
	project.rows.Features = hostile[:3]
	project.rows.Classes = []learner.Label{learner.Label(hostile[0]), learner.Label(hostile[3])}
	c := project.start(t)
	c.Fit()
	p := open(t, c.Master.URL)
	p.until(`document.querySelectorAll("#predict input").length === 3`)
	p.act(`document.querySelector("#predict button").click()`)
	p.until(`document.querySelectorAll("#predict table tbody tr").length === 2`)
	if title := value[string](p, `document.title`); title != "test · Chimera" {
		t.Errorf("the title is %q", title)
	}
	if n := value[int](p, `document.querySelectorAll("main img, main script").length`); n > 0 {
		t.Errorf("%d pictures or scripts came of names", n)
	}
	if got := value[string](p, `document.querySelector("#predict label").textContent`); got != hostile[0] {
		t.Errorf("the first column is shown as %q", got)
	}
	if wide := value[int64](p, `document.documentElement.scrollWidth`); wide > 1280 {
		t.Errorf("%d wide on a screen of 1280", wide)
	}
}

// told is a master that tells what it is given: as many workers, classes and steps as none in a test would have.
type told struct {
	status api.MasterStatus
	events []api.Event
}

func (m told) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page, err := dashboard.Handler(dashboard.About{Project: m.status.Project, Kind: m.status.Master, Version: "test"})
	if err != nil {
		panic(err)
	}
	answer := func(v any) { _ = json.NewEncoder(w).Encode(v) } // fails only if the browser has left
	switch r.URL.Path {
	case api.PathStatus:
		answer(m.status)
	case api.PathRuns:
		answer(map[string]any{"runs": []any{}})
	case "/favicon.ico":
		rest.Icon(w, r)
	case api.PathLearners:
		answer([]any{})
	case "/openapi.json":
		answer(map[string]any{"paths": map[string]any{}})
	case api.PathsOf(m.status.Master).Predict:
		answer(m.predicted())
	case api.PathFitEvents:
		w.Header().Set("Content-Type", "text/event-stream")
		for i, e := range m.events {
			text, err := json.Marshal(e)
			if err != nil {
				panic(err)
			}
			_, _ = fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", i+1, e.Kind(), text)
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	default:
		page.ServeHTTP(w, r)
	}
}

func (m told) predicted() map[string]any {
	proba := make([]float64, len(m.status.Classes))
	for i := range proba {
		proba[i] = 1 / float64(len(proba))
	}
	return map[string]any{
		"y_pred_rows": []float64{0}, "y_pred_labels": m.status.Classes[:1], "classes": m.status.Classes, "y_pred_proba": [][]float64{proba},
	}
}

func open64(t *testing.T, workers, classes int, events ...api.Event) *page {
	t.Helper()
	m := told{events: events, status: api.MasterStatus{
		Master: parameterserver.Name, Project: hostile[0], Fitted: true, FitID: "fit", Features: []string{"a"},
	}}
	for i := range workers {
		m.status.Workers = append(m.status.Workers, api.Member{Worker: workerName(i), State: api.MemberUp, Calls: int64(i)})
	}
	for i := range classes {
		m.status.Classes = append(m.status.Classes, learner.Label(fmt.Sprintf("class %d %s", i, hostile[i%len(hostile)])))
	}
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return open(t, server.URL)
}

func workerName(i int) string { return fmt.Sprintf("worker%d", i+1) }

// A thousand workers and a thousand classes are shown.
func TestAThousandOfEach(t *testing.T) {
	p := open64(t, 1000, 1000)
	p.until(`document.querySelectorAll("#fleet li[data-state=up]").length === 1000`)
	p.until(`document.querySelector("#predict button") !== null`)
	p.act(`document.querySelector("#predict button").click()`)
	p.until(says("#predict", "The 10 most probable of 1000 classes"))
	if title := value[string](p, `document.title`); !strings.HasPrefix(title, hostile[0]) {
		t.Errorf("the title is %q", title)
	}
}

// 64 workers train for 100,000 steps: what the page keeps of it is bounded, and everything is still drawn.
func TestALongFit(t *testing.T) {
	const workers, steps, events = 64, 100_000, 2_000
	all := []api.Event{api.FitStartedEvent{FitID: "fit", Workers: make([]string, workers)}}
	for i := range events {
		e := api.StepEvent{FitID: "fit", Step: (i + 1) * steps / events, MaxIter: steps, Loss: new(1 / float64(i+1)), Workers: workers, At: float64(i)}
		for k := range workers {
			e.Parts = append(e.Parts, api.WorkerStep{
				Worker: workerName(k), SentAt: float64(i), AnsweredAt: float64(i) + 0.5, Computing: 0.1 + 0.3*float64(k)/workers, Wire: 0.1,
				Waiting: 0.3 - 0.3*float64(k)/workers,
				Total:   api.WorkerTotals{Steps: e.Step, Computing: float64(e.Step), Wire: 1, Waiting: 1, Sent: 1 << 30, Received: 1 << 30},
			})
		}
		all = append(all, e)
	}
	p := open64(t, workers, 2, append(all, api.FitCommittedEvent{FitID: "fit", Seconds: events, Workers: workers})...)
	p.until(says("#told", "step 100,000"))
	p.until(`document.querySelector("#timeline canvas").getAttribute("aria-label").includes("64 workers")`)
	p.until(says("#latency", "worker64"))
	heap := value[float64](p, `performance.memory.usedJSHeapSize`)
	t.Logf("the page's heap is %.0f MB after %d steps of %d workers", heap/1e6, steps, workers)
	if heap > 200e6 {
		t.Errorf("the page's heap is %.0f MB", heap/1e6)
	}
}
