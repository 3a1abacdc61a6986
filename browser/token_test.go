package browser

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/gochimera/chimera/internal/access"
	"github.com/gochimera/chimera/masters/cluster"
)

// The tokens of a master that asks for them.
const (
	anAdmin = "an-admin-of-sixteen"
	aReader = "a-reader-of-sixteen"
)

// A master that asks for a token is looked at with one that its reader enters; a wrong one is asked for again; one that may only look does not
// fit, and says so. The page keeps it for itself: it is in no address and no cookie, and in the next page of the tab.
func TestAToken(t *testing.T) {
	guard, err := access.NewGuard(access.Lists{Text: "admin " + anAdmin + "; predict " + aReader}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	of := brief()
	of.adjust = func(s *cluster.Setup) { s.Guard = guard }
	c := of.start(t)
	p := open(t, c.Master.URL)
	enter := func(token string) {
		t.Helper()
		p.until(`!document.querySelector("#access").hidden`)
		p.act(fmt.Sprintf(`document.querySelector("#token").value = %q`, token))
		p.do(chromedp.Click(chromedp.CSS("#access button")))
	}
	p.until(says("#why", "This master asks for a token."))
	enter("a-stranger-of-sixteen")
	p.until(says("#why", "does not know the token"))
	enter(aReader)
	p.until(`document.querySelectorAll("#fleet li[data-state=up]").length === 3`)
	p.until(says("#state", "no model yet")) // the stream of events is there, too
	p.do(chromedp.Click(chromedp.CSS("#fit")))
	p.until(says("#problem", "needs a token of the role admin; yours has the role predict"))

	p.do(chromedp.Click(chromedp.CSS("#forget")))
	enter(anAdmin)
	p.until(`!document.querySelector("#fit").disabled`)
	p.do(chromedp.Click(chromedp.CSS("#fit")))
	p.until(says("#told", "succeeded"))
	if kept := value[string](p, `document.cookie + location.href + JSON.stringify(localStorage)`); strings.Contains(kept, "sixteen") {
		t.Errorf("the token is in what outlives the tab: %q", kept)
	}

	p.do(chromedp.Navigate(c.Master.URL + "/docs")) // as the link API does
	p.until(`document.querySelector('[data-path="/v1/chimera/health"]')`)
	p.act(`sessionStorage.clear()`)
	p.do(chromedp.Navigate(c.Master.URL + "/docs"))
	enter(anAdmin)
	p.until(`document.querySelector('[data-path="/v1/chimera/health"]')`)
	part := func(selector string) string {
		return fmt.Sprintf(`document.querySelector('[data-path="/v1/chimera/status"]')?.closest(".opblock")?.querySelector(%q)`, selector)
	}
	for _, button := range []string{".opblock-summary-control", ".try-out__btn", ".execute"} {
		p.until(part(button))
		p.act(part(button) + ".click()")
	}
	p.until("(" + part(".live-responses-table .response .response-col_status") + `?.innerText ?? "").includes("200")`)
}
