package browser

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/gochimera/chimera/distribute/parameterserver"
	psmaster "github.com/gochimera/chimera/distribute/parameterserver/master"
	"github.com/gochimera/chimera/distribute/pipeline"
	pipelinemaster "github.com/gochimera/chimera/distribute/pipeline/master"
	"github.com/gochimera/chimera/distribute/summation"
	summaster "github.com/gochimera/chimera/distribute/summation/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/kmeans"
	_ "github.com/gochimera/chimera/learner/mlp"
	_ "github.com/gochimera/chimera/learner/pca"
	_ "github.com/gochimera/chimera/learner/sgd"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// project is a master with workers in this process, and a store of models.
type project struct {
	kind     string
	new      func() cluster.Master
	learner  string
	params   string
	settings string
	workers  int
	copies   bool // every worker has all rows
	rows     learner.Dataset
	adjust   func(*cluster.Setup) // nil changes nothing
}

func (p project) start(t *testing.T) *mastertest.Cluster {
	t.Helper()
	kind := p.new()
	c := mastertest.New(t, kind)
	c.Adjust = p.adjust
	bucket, err := models.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c.Dir, c.Models = t.TempDir(), models.NewStore(bucket)
	role := map[string]string{parameterserver.Name: parameterserver.Role, pipeline.Name: pipeline.Role, summation.Name: summation.Role}[p.kind]
	shards := mastertest.Split(p.rows, p.workers)
	var list strings.Builder
	for i := range p.workers {
		rows := p.rows
		if !p.copies {
			rows = shards[i]
		}
		dir := t.TempDir()
		mastertest.WriteShard(t, dir, "", rows)
		spec := workers.Spec{Name: fmt.Sprintf("worker%d", i+1), Role: role, Project: "test", Learner: p.learner, Params: p.params, Seed: uint64(i)}
		c.Add(spec.Name, mastertest.Made(t, spec, registry.Default, dir))
		fmt.Fprintf(&list, "  - {name: %s}\n", spec.Name)
	}
	c.Serve(fmt.Sprintf("master: %s\nlearner: %s\nparams: %s\nworkers:\n%s%s", p.kind, p.learner, p.params, &list, p.settings), registry.Default)
	return c
}

// long is a fit that ends when it is cancelled.
func long() project {
	return project{
		kind: parameterserver.Name, new: func() cluster.Master { return psmaster.New() }, learner: "sgd-classifier", params: `{"loss": "log_loss"}`, workers: 3,
		settings: "parameter_server: {max_iter: 1000000, n_iter_no_change: 0, checkpoint_every: 0}\n", rows: mastertest.ToyRows(120, 2),
	}
}

func brief() project {
	p := long()
	p.settings = "parameter_server: {max_iter: 60, n_iter_no_change: 0}\n"
	return p
}

// A fit is begun by a click; its loss grows; a worker is killed and comes back; the fit is cancelled.
func TestAFitIsSeen(t *testing.T) {
	c := long().start(t)
	p := open(t, c.Master.URL)
	p.until(`document.querySelectorAll("#fleet li[data-state=up]").length === 3`)
	p.do(chromedp.Click(chromedp.CSS("#fit")))
	p.until(says("#state", "fitting"))
	p.until(`document.querySelectorAll("#loss svg path.a").length === 1`)
	length := value[int](p, `document.querySelector("#loss svg path.a").getAttribute("d").length`)
	p.until(fmt.Sprintf(`document.querySelector("#loss svg path.a").getAttribute("d").length > %d`, length+200))
	p.until(`document.querySelector("#timeline canvas").getAttribute("aria-label").includes("3 workers")`)
	p.until(says("#latency", "worker3"))

	c.Workers[1].Kill()
	c.Server.WorkerExited("worker2", "killed by the test")
	killed := time.Now()
	p.until(`document.querySelectorAll("#fleet li[data-state=down]").length === 1`)
	t.Logf("the page shows that a worker is down %v after it was killed", time.Since(killed).Round(time.Millisecond))
	p.until(`document.querySelector("#fleet li[data-state=down] .reason").textContent !== ""`)
	c.Workers[1].Start(t)
	p.until(`document.querySelectorAll("#fleet li[data-state=up]").length === 3`)

	p.do(chromedp.Click(chromedp.CSS("#cancel")))
	p.until(says("#told", "cancelled"))
	p.until(`!document.querySelector("#fit").disabled`)
}

// A whole fit leaves its record, its settings, a form with the model's columns, and a score of a file.
func TestWhatAFitLeaves(t *testing.T) {
	c := brief().start(t)
	first := c.Fit()
	c.Fit()
	p := open(t, c.Master.URL)
	p.until(says("#state", "serving"))
	p.until(says("#settings", "max_iter"))
	p.until(`document.querySelectorAll("#runs tbody tr").length === 2`)
	p.act(`document.querySelectorAll("#runs input[type=checkbox]").forEach((b) => b.click())`)
	p.until(says("#runs", "Side by side"))
	p.until(`document.querySelectorAll("#predict input").length === 3`)
	p.do(chromedp.Click(chromedp.CSS("#predict button")))
	p.until(says("#predict", "The prediction is"))

	file := filepath.Join(t.TempDir(), "held out.csv")
	text := "a,b,c,target\n"
	rows := mastertest.ToyRows(50, 2)
	for i := range rows.Len() {
		text += mastertest.Numbers(rows.X.RawRowView(i)) + "," + string(rows.Classes[int(rows.Y[i])]) + "\n"
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#rows"), []string{file}), chromedp.Click(chromedp.CSS("#scores button")))
	p.until(`document.querySelectorAll("#scores table.heat tbody tr").length === 2`)
	p.until(`document.querySelector("#scores svg path.a") !== null`)
	score := c.Score(strings.TrimSuffix(mastertest.Request(rows), "}") + `,"y_true":[` + mastertest.Numbers(rows.Y) + "]}")
	p.until(says("#scores", fmt.Sprintf("accuracy\t%v", score.Classification.Accuracy)))

	p.act(`[...document.querySelectorAll("#runs button")].find((b) => b.textContent === "Serve").click()`)
	p.until(says("#settings", first.FitID))
}

// The bubble of a pipeline is shown beside theory.
func TestAPipelineIsSeen(t *testing.T) {
	c := project{
		kind: pipeline.Name, new: func() cluster.Master { return pipelinemaster.New() }, learner: "mlp-classifier",
		params: `{"hidden_layer_sizes": [8, 8]}`, workers: 3, settings: "pipeline: {max_iter: 5, micro_batches: 4}\n", copies: true, rows: mastertest.ToyRows(60, 2),
	}.start(t)
	p := open(t, c.Master.URL)
	p.do(chromedp.Click(chromedp.CSS("#fit")))
	p.until(says("#told", "succeeded"))
	p.until(says("#timeline", "it would be 33.3 %"))
	if !value[bool](p, `document.querySelector("#fleet ul").classList.contains("chain")`) {
		t.Error("the stages are not shown as a chain")
	}
}

// Models without targets show what they have found, answer a row, and are scored by a file without targets; no panel breaks.
func TestModelsWithoutTargets(t *testing.T) {
	for learner, want := range map[string]struct{ found, predicted, score string }{
		"kmeans": {"Centers, of the features", "The prediction is", "silhouette"}, "pca": {"Explained variance", "The components", "explained variance"},
	} {
		t.Run(learner, func(t *testing.T) {
			rows := mastertest.ToyRows(60, 2)
			c := project{
				kind: summation.Name, new: func() cluster.Master { return summaster.New() }, learner: learner, params: "{}", workers: 2, rows: rows,
			}.start(t)
			c.Fit()
			p := open(t, c.Master.URL)
			p.until(says("#state", "serving"))
			p.until(says("#scores", want.found))
			p.until(`document.querySelectorAll("#predict input").length === 3`)
			p.do(chromedp.Click(chromedp.CSS("#predict button")))
			p.until(says("#predict", want.predicted))
			file, text := filepath.Join(t.TempDir(), "rows.csv"), "a,b,c\n"
			for i := range rows.Len() {
				text += mastertest.Numbers(rows.X.RawRowView(i)) + "\n"
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			p.do(chromedp.SetUploadFiles(chromedp.CSS("#rows"), []string{file}), chromedp.Click(chromedp.CSS("#scores button")))
			p.until(says("#scores", want.score))
		})
	}
}

// A fit that is over is played again, from what was kept of it.
func TestAFitIsReplayed(t *testing.T) {
	c := brief().start(t)
	fit := c.Fit()
	c.Fit()
	p := open(t, c.Master.URL+"/?run="+fit.FitID)
	p.until(says("#state", "replay"))
	p.until(says("#told", "Fit "+fit.FitID+" succeeded"))
	p.until(`document.querySelectorAll("#loss svg path.a").length === 1`)
	p.until(`document.querySelector("#timeline canvas").getAttribute("aria-label").includes("3 workers")`)
	if !value[bool](p, `document.querySelector("#fit").disabled`) {
		t.Error("a fit can be begun from a replay")
	}
}

// contrasts returns every text whose contrast with what is behind it is below that of WCAG 2.1, 4.5 to 1.
//
//go:embed testdata/contrasts.js
var contrasts string

// nameless returns every control, picture and part of the page that is without a name.
//
//go:embed testdata/nameless.js
var nameless string

// In both themes, and as wide as a phone, everything can be read, has a name, and nothing is cut off.
func TestEveryoneCanReadIt(t *testing.T) {
	c := brief().start(t)
	c.Fit()
	p := open(t, c.Master.URL)
	p.until(says("#state", "serving"))
	p.until(`document.querySelectorAll("#predict input").length === 3`)
	backgrounds := map[string]bool{}
	for _, theme := range []string{"light", "dark"} {
		p.prefer(theme)
		for _, width := range []int64{1280, 360} {
			p.do(chromedp.EmulateViewport(width, 800))
			if low := value[[]string](p, contrasts); len(low) > 0 {
				t.Errorf("%s, %d wide: too little contrast: %q", theme, width, low)
			}
			if wide := value[int64](p, `document.documentElement.scrollWidth`); wide > width {
				t.Errorf("%s: %d wide on a screen of %d", theme, wide, width)
			}
			backgrounds[value[string](p, `getComputedStyle(document.body).backgroundColor`)] = true
		}
		if none := value[[]string](p, nameless); len(none) > 0 {
			t.Errorf("without a name: %q", none)
		}
	}
	if len(backgrounds) != 2 {
		t.Errorf("backgrounds of two themes: %v", backgrounds)
	}
	p.act(`(() => { const t = document.querySelector("#theme"); t.value = "light"; t.dispatchEvent(new Event("change")); })()`)
	p.until(`getComputedStyle(document.body).backgroundColor === "rgb(244, 245, 247)"`)
}

// Everything that a mouse can do, keys can.
func TestKeysAlone(t *testing.T) {
	c := brief().start(t)
	p := open(t, c.Master.URL)
	p.until(`!document.querySelector("#fit").disabled`)
	p.do(chromedp.KeyEvent(kb.Tab))
	if at := value[string](p, `document.activeElement.className`); at != "skip" {
		t.Errorf("the first that is reached is %q, want the link to the panels", at)
	}
	press := func(id string) {
		t.Helper()
		for range 200 {
			if value[bool](p, fmt.Sprintf(`document.activeElement === document.querySelector(%q)`, id)) {
				return
			}
			p.do(chromedp.KeyEvent(kb.Tab))
		}
		t.Fatalf("%s is not reached with the tab key", id)
	}
	press("#fit")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.until(says("#told", "succeeded"))
	press("#timeline canvas")
	last := value[string](p, `document.querySelector("#timeline canvas").getAttribute("aria-label")`)
	p.do(chromedp.KeyEvent(kb.ArrowLeft))
	p.until(fmt.Sprintf(`document.querySelector("#timeline canvas").getAttribute("aria-label") !== %q`, last))
	press("#predict button")
	p.do(chromedp.KeyEvent(kb.Enter))
	p.until(says("#predict", "The prediction is"))
}

// The page of the API answers a request that is tried there.
func TestTryIt(t *testing.T) {
	c := brief().start(t)
	p := open(t, c.Master.URL+"/docs")
	part := func(selector string) string {
		return fmt.Sprintf(`document.querySelector('[data-path="/v1/chimera/health"]')?.closest(".opblock")?.querySelector(%q)`, selector)
	}
	for _, button := range []string{".opblock-summary-control", ".try-out__btn", ".execute"} {
		p.until(part(button))
		p.act(part(button) + ".click()")
	}
	p.until("(" + part(".live-responses-table .response .response-col_status") + `?.innerText ?? "").includes("200")`)
}
