package browser

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

var pictures = flag.String("pictures", "", "folder that TestPictures writes its pictures to")

// TestPictures takes the pictures of the README, from real fits: go test -run TestPictures -pictures ../docs/pictures
func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("-pictures names no folder for them")
	}
	project := long()
	project.settings = "parameter_server: {max_iter: 3000, n_iter_no_change: 0}\n"
	c := project.start(t)
	p := open(t, c.Master.URL)
	p.do(chromedp.EmulateViewport(1280, 1150))
	p.until(`!document.querySelector("#fit").disabled`)
	p.do(chromedp.Click(chromedp.CSS("#fit")))
	p.until(says("#told", "succeeded"))
	p.until(`document.querySelector("#predict button") !== null`)
	p.do(chromedp.Click(chromedp.CSS("#predict button")))
	p.until(says("#predict", "The prediction is"))
	write := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(*pictures, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("dashboard.png", run(p, chromedp.CaptureScreenshot()))
	write("timeline.png", run(p, chromedp.Screenshot(chromedp.CSS("#timeline"))))
}
