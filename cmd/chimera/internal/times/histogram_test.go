package times

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const calls = `http://localhost:8081/fit worker endpoint latency = 0.1 s
http://localhost:8082/fit worker endpoint latency = 0.99 s
http://localhost:8082/fit worker endpoint latency = 0.2 s
http://localhost:8080/fit master endpoint latency = 1.0 s
http://localhost:8080/predict master endpoint latency = 0.0 s
`

// Bins have edges at 10^(i/10) seconds: ten a decade, the first decade that is
// needed to the last. Calls of all addresses are together, and what the log has as 0
// is in the bin of its resolution.
func TestHistograms(t *testing.T) {
	l, err := Read(strings.NewReader(calls))
	if err != nil {
		t.Fatal(err)
	}
	panels := l.panels()
	first, end := span(panels)
	if first != -40 || end != 10 {
		t.Errorf("bins %d to %d, want those of 0.1 ms to 10 s", first, end)
	}
	got := map[string]map[int]int{}
	for _, p := range panels {
		title := p.title()
		got[title] = map[int]int{}
		for i, n := range p.counts(first, end) {
			if n > 0 {
				got[title][first+i] = n
			}
		}
	}
	want := map[string]map[int]int{
		"master /fit: 1 call, median 1 s, 95 % within 1 s":                  {0: 1},
		"master /predict: 1 call, median 0 ms, 95 % within 0 ms":            {-40: 1},
		"worker /fit: 3 calls to 2 nodes, median 0.2 s, 95 % within 0.99 s": {-10: 1, -7: 1, -1: 1}, // 10^-0.7 is 0.1995
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("bins (-want +got):\n%s", d)
	}
}

// A latency at a bin's edge is in the bin that begins there.
func TestBinsBeginAtTheirEdge(t *testing.T) {
	for seconds, want := range map[float64]int{0: -40, 1e-4: -40, 1e-3: -30, 1e-2: -20, 0.1: -10, 0.0999: -11, 1: 0, 10: 10, 1000: 30} {
		if got := bin(seconds); got != want {
			t.Errorf("%g s is in bin %d, want %d", seconds, got, want)
		}
	}
}

func TestTicks(t *testing.T) {
	var labels []string
	for _, tick := range timeTicks(-4, 1) {
		if tick.Label != "" {
			labels = append(labels, tick.Label)
		}
	}
	if d := cmp.Diff([]string{"0.1 ms", "1 ms", "10 ms", "0.1 s", "1 s", "10 s"}, labels); d != "" {
		t.Errorf("times (-want +got):\n%s", d)
	}
}

func TestPictures(t *testing.T) {
	l, err := Read(strings.NewReader(calls))
	if err != nil {
		t.Fatal(err)
	}
	pictures := map[string]*bytes.Buffer{}
	for _, format := range Formats() {
		pictures[format] = new(bytes.Buffer)
		if err := l.Plot(pictures[format], format); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
	}
	texts := svgTexts(t, pictures["svg"])
	for _, want := range []string{"worker /fit: 3 calls to 2 nodes, median 0.2 s, 95 % within 0.99 s", "0.1 ms", "10 s", "calls"} {
		if !slices.Contains(texts, want) {
			t.Errorf("the svg lacks %q: %q", want, texts)
		}
	}
	img, err := png.Decode(pictures["png"])
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() < 400 || b.Dy() < 300 { // three panels
		t.Errorf("the png is %v", b)
	}
	if !bytes.HasPrefix(pictures["pdf"].Bytes(), []byte("%PDF-")) {
		t.Errorf("the pdf begins with %q", pictures["pdf"].Next(8))
	}
	if err := l.Plot(io.Discard, "gif"); err == nil || !strings.Contains(err.Error(), "svg, png, pdf") {
		t.Errorf("gif: %v", err)
	}
}

// A log of more endpoints than any master has is refused, and not drawn at
// any length.
func TestTooManyPanels(t *testing.T) {
	var log strings.Builder
	for i := range mostPanels + 1 {
		fmt.Fprintf(&log, "http://localhost/%d worker endpoint latency = 1.0 s\n", i)
	}
	l, err := Read(strings.NewReader(log.String()))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Plot(io.Discard, "svg"); err == nil || !strings.Contains(err.Error(), "51 endpoints") {
		t.Errorf("got %v", err)
	}
}

// svgTexts reads a picture's texts, and that it is XML.
func svgTexts(t *testing.T, from io.Reader) (texts []string) {
	t.Helper()
	in, inText := xml.NewDecoder(from), false
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inText = token.Name.Local == "text"
		case xml.CharData:
			if inText {
				texts = append(texts, string(token))
			}
		case xml.EndElement:
			inText = false
		}
	}
}
