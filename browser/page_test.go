// Package browser tries the pages that a master serves in a real browser. It is a module of its own, so that nothing else
// needs what drives one.
package browser

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// patience is how long something may take that has to happen; it is waited for, not measured.
const patience = time.Minute

// page is a tab that shows a master's page. What the browser complains of, and every request to another host, fails
// the test.
type page struct {
	*testing.T
	ctx  context.Context
	host string
}

// open opens a page. The test is skipped where there is no Chromium, but not in CI.
func open(t *testing.T, address string) *page {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no Chromium, and in CI there has to be")
		}
		t.Skip("there is no Chromium: apt-get install chromium")
	}
	ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU)...)
	t.Cleanup(cancel)
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &page{T: t, host: at.Host}
	var listening sync.WaitGroup
	t.Cleanup(listening.Wait)
	p.ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel) // it ends what listens
	complaints, requests := chromedp.Console(p.ctx), chromedp.Events(p.ctx, network.RequestWillBeSent)
	listening.Go(func() {
		for m, err := range complaints {
			if err == nil && (m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException) && !refusal.MatchString(m.Text) {
				p.Errorf("the browser complains: %s (%s, line %d)", m.Text, m.URL, m.Line+1)
			}
		}
	})
	listening.Go(func() {
		for e, err := range requests {
			if err == nil {
				p.requested(e.Request.URL)
			}
		}
	})
	p.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(address))
	return p
}

// refusal is what the browser says of a request whose token the master refuses, which only tests of that have.
var refusal = regexp.MustCompile(`status of (401 \(Unauthorized\)|403 \(Forbidden\))`)

// requested fails the test for what leaves the host.
func (p *page) requested(address string) {
	at, err := url.Parse(address)
	if err != nil || at.Host != p.host && at.Scheme != "data" && at.Scheme != "blob" {
		p.Errorf("a request leaves the host: %s (%v)", address, err)
	}
}

func (p *page) do(actions ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	run(p, chromedp.Steps(actions...))
}

// run runs an action, which must succeed. What the page then says is told otherwise.
func run[T any](p *page, action chromedp.Action[T]) T {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body?.innerText ?? ""`)) // if it can
		p.Fatalf("%v\nthe page says:\n%.3000s", err, text)
	}
	return v
}

// until waits until an expression is true, also across pages.
func (p *page) until(expression string) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && is {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body?.innerText ?? ""`)) // if it can
			p.Fatalf("it does not become true that %s: %v\nthe page says:\n%.3000s", expression, err, text)
		}
	}
}

// value evaluates an expression.
func value[T any](p *page, expression string) T {
	p.Helper()
	return run(p, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// act evaluates an expression for what it does.
func (p *page) act(expression string) {
	p.Helper()
	value[chromedp.Void](p, expression)
}

func says(selector, text string) string {
	return fmt.Sprintf("(document.querySelector(%q)?.innerText ?? '').includes(%q)", selector, text)
}

// prefer says which colours the person at the browser wants: light or dark.
func (p *page) prefer(theme string) {
	p.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		return err
	}))
}
