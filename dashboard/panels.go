package dashboard

import (
	"fmt"
	"html"
)

// panel is a part of the page. Its script is the file of its ID.
type panel struct {
	ID, Title string
	Says      string // what it shows, in one sentence
	Chapter   string // of the guide; empty if there is none
	Wide      bool
}

var panels = []panel{ //nolint:gochecknoglobals // a constant table
	{ID: "fleet", Title: "Workers", Wide: true, Chapter: "three-parallelisms",
		Says: "Every worker with its state, its rows and calls, and as a bar the share of its time in the fit in which it computed."},
	{ID: "loss", Title: "Loss", Chapter: "three-parallelisms",
		Says: "The mean loss of each step's rows before the step, with the penalty."},
	{ID: "timeline", Title: "Timeline", Chapter: "how-it-works",
		Says: "What each worker did in the latest steps: one that waits for another is grey, and the one that is waited for is not."},
	{ID: "latency", Title: "Latencies, bytes", Chapter: "how-it-works",
		Says: "How long workers took from a request of the fit to its answer, and what travelled."},
	{ID: "predict", Title: "Predict a row",
		Says: "The model in service, asked for one row of its own columns.", Chapter: "first-steps"},
	{ID: "scores", Title: "Scores", Chapter: "stored-models",
		Says: "How good the model in service is on rows that it was not fitted to, and which columns it goes by."},
	{ID: "runs", Title: "Fits", Wide: true, Chapter: "stored-models",
		Says: "All fits that were recorded; two of them side by side, and any stored model put into service."},
	{ID: "settings", Title: "Settings", Chapter: "configuration",
		Says: "The settings of the model in service, as chimera.yaml gave them."},
}

// section is the panel's part of the page.
func (p panel) section(guide bool) string {
	class, more := "panel", ""
	if p.Wide {
		class += " wide"
	}
	if guide && p.Chapter != "" {
		more = fmt.Sprintf(` <a href="/guide/%s" aria-label="%s in the guide">More</a>`, p.Chapter, html.EscapeString(p.Title))
	}
	return fmt.Sprintf(`<section id="%[1]s" class="%[2]s" aria-labelledby="%[1]s-title">
  <h2 id="%[1]s-title">%[3]s</h2>
  <p class="says">%[4]s%[5]s</p>
  <div class="body" id="%[1]s-body"></div>
</section>
`, p.ID, class, html.EscapeString(p.Title), html.EscapeString(p.Says), more)
}
