package picture

import (
	"bytes"
	"fmt"
	"image/png"
	"io"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

func TestCountsAreMarkedAtWholeNumbers(t *testing.T) {
	for most := range 50 {
		for _, tick := range countTicks(0, float64(most+1)) {
			if tick.Value != float64(int(tick.Value)) || !tick.IsMinor() && tick.Label != fmt.Sprint(int(tick.Value)) {
				t.Errorf("of 0 to %d calls it marks %v", most+1, tick)
			}
		}
	}
}

// Panels that do not fill the last row leave room; a row more makes the picture higher.
func TestRowsOfPanels(t *testing.T) {
	height := func(panels int) int {
		var all []*plot.Plot
		for i := range panels {
			all = append(all, NewPanel(fmt.Sprint("panel ", i+1), "rows"))
		}
		var b bytes.Buffer
		if err := Write(&b, "png", all, 3); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		return img.Bounds().Dy()
	}
	one, alsoOne, two := height(1), height(3), height(4)
	if one != alsoOne || two < 2*one-1 || two > 2*one+1 {
		t.Errorf("1, 3 and 4 panels are %d, %d and %d high", one, alsoOne, two)
	}
	if err := Write(io.Discard, "gif", nil, 1); err == nil || !strings.Contains(err.Error(), "svg, png, pdf") {
		t.Errorf("gif: %v", err)
	}
}
