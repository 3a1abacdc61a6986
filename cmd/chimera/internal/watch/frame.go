package watch

import (
	"fmt"
	"math"
	"strings"
	"unicode"
)

// Size is that of a terminal, in characters.
type Size struct{ Width, Height int }

const (
	barWidth   = 24 // of the progress
	shareWidth = 20 // of what a worker did with its time
	curveWidth = 32 // of the losses
)

// Frame is the fit as lines of text that fit into a terminal. The lines of workers begin with their states.
func (v *View) Frame(size Size) []string {
	if v.state == "" {
		return cut([]string{"waiting for a fit"}, size.Width)
	}
	lines := []string{v.title(), v.progress()}
	if curve := sparkline(v.losses, curveWidth); curve != "" {
		lines = append(lines, "loss "+curve)
	}
	if v.step != nil && v.step.Pipeline != nil {
		p := v.step.Pipeline
		lines = append(lines, fmt.Sprintf("idle %.0f %% of the time, %.0f %% in the last step, %.0f %% in theory (%d micro-batches)",
			100*p.BubbleSoFar, 100*p.Bubble, 100*p.BubbleTheory, p.MicroBatches))
	}
	lines = append(lines, "")
	room := max(1, size.Height-len(lines)-1-len(v.notices)-2) // the header, what is left out, and the line of the cursor
	lines = append(lines, v.table(room)...)
	lines = append(lines, v.notices...)
	if v.reason != "" {
		lines = append(lines, v.reason)
	}
	return cut(lines, size.Width)
}

func (v *View) title() string {
	title := fmt.Sprintf("fit %s: %s after %s", v.id, v.state, short(v.now))
	if v.state == running {
		title = fmt.Sprintf("fit %s: %s for %s", v.id, v.state, short(v.now))
	}
	if v.resumed {
		title += ", which an earlier program began"
	}
	return strings.TrimSpace(v.master + " " + title)
}

func (v *View) progress() string {
	if s := v.step; s != nil {
		return bar(s.Step, s.MaxIter, barWidth) + " " + stepOf(s)
	}
	done := v.done
	if v.state == committed {
		done = len(v.workers)
	}
	return fmt.Sprintf("%s %d of %d workers", bar(done, len(v.workers), barWidth), done, len(v.workers))
}

// table is one line for each worker, or for as many as there is room for.
func (v *View) table(room int) []string {
	name := len("WORKER")
	for _, w := range v.workers {
		name = max(name, len([]rune(w.name)))
	}
	lines := []string{fmt.Sprintf("%-9s%-*s %8s %7s  %-*s %5s %5s %5s", "STATE", name, "WORKER", "ROWS", "STEPS", shareWidth, "TIME", "BUSY", "WIRE", "WAIT")}
	shown := v.workers
	if len(shown) > room {
		shown = shown[:max(0, room-1)]
	}
	for _, w := range shown {
		rows, steps := "-", "-"
		if w.rows > 0 {
			rows = fmt.Sprint(w.rows)
		}
		if w.totals.Steps > 0 || w.totals.Missed > 0 {
			steps = fmt.Sprint(w.totals.Steps)
		}
		line := fmt.Sprintf("%-9s%-*s %8s %7s", w.state, name, w.name, rows, steps)
		if all := w.totals.Computing + w.totals.Wire + w.totals.Waiting; all > 0 {
			busy, wire := w.totals.Computing/all, w.totals.Wire/all
			line += fmt.Sprintf("  %s %3.0f %% %3.0f %% %3.0f %%", shares(busy, wire), 100*busy, 100*wire, 100*w.totals.Waiting/all)
		}
		lines = append(lines, line)
	}
	if n := len(v.workers) - len(shown); n > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", n))
	}
	return lines
}

// bar is a bar that is full when all is done.
func bar(done, of, width int) string {
	full := 0
	if of > 0 {
		full = min(width, (done*width+of-1)/of)
	}
	return strings.Repeat("█", full) + strings.Repeat("░", width-full)
}

// shares is a bar of what was computed, on the wire and waited.
func shares(busy, wire float64) string {
	first := int(math.Round(busy * shareWidth))
	second := min(shareWidth, int(math.Round((busy+wire)*shareWidth)))
	return strings.Repeat("█", first) + strings.Repeat("▒", max(0, second-first)) + strings.Repeat("░", shareWidth-max(first, second))
}

// sparkline draws values as blocks of eight heights, from the least to the largest of them; on a logarithmic scale if they are
// positive and far apart.
func sparkline(values []float64, width int) string {
	if len(values) < 2 {
		return ""
	}
	at := func(x float64) float64 { return x }
	least, most := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		least, most = math.Min(least, v), math.Max(most, v)
	}
	if least > 0 && most/least > 50 {
		at = math.Log
	}
	n := min(width, len(values))
	const blocks = "▁▂▃▄▅▆▇█"
	heights := []rune(blocks)
	var b strings.Builder
	for i := range n {
		v := values[i*(len(values)-1)/max(1, n-1)] // the first and the last are drawn
		height := 0
		if most > least {
			height = int(math.Round((at(v) - at(least)) / (at(most) - at(least)) * float64(len(heights)-1)))
		}
		b.WriteRune(heights[height])
	}
	return b.String()
}

// cut shortens lines to a width.
func cut(lines []string, width int) []string {
	for i, line := range lines {
		lines[i] = strings.TrimRight(printable(line), " ")
		if r := []rune(lines[i]); len(r) > width {
			lines[i] = string(r[:max(0, width-1)]) + "…"
		}
	}
	return lines
}

// printable has spaces for what a terminal would obey: reasons come from workers.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, line)
}
