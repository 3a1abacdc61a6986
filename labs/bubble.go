package labs

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/picture"
	"github.com/gochimera/chimera/labs/rig"
	"github.com/gochimera/chimera/labs/rows"
	"github.com/gochimera/chimera/labs/timed"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
)

// bubbleParams are the parameters of lab bubble.
type bubbleParams struct {
	Stages []int   `json:"stages" default:"[2,4]" validate:"min=1,max=4,dive,gte=2,lte=8" doc:"numbers of stages"`
	Micros []int   `json:"micro_batches" default:"[1,2,4,8,16]" validate:"min=1,dive,gte=1,lte=256" doc:"numbers of micro-batches"`
	Batch  int     `json:"batch_size" default:"32" validate:"gte=1,lte=4096" doc:"rows of a step"`
	Row    float64 `json:"row_ms" default:"4" validate:"gte=0,lte=100" doc:"milliseconds that all layers together wait for each row, and again for its gradient"`
	Steps  int     `json:"steps" default:"3" validate:"gte=1,lte=1000" doc:"steps of each training"`
}

// The schedules of a pipeline.
const (
	gpipe = "gpipe"
	oneF  = "1f1b"
)

func bubble() Lab {
	return define(Lab{
		Name: "bubble", Title: "The pipeline's bubble", About: "model parallelism, step by step", Chapter: "three-parallelisms.md#model-parallelism-step-by-step",
		Asks: "A step of a pipeline begins with all stages but the first idle, and ends with all but the first done. How large is this bubble, and what makes " +
			"it smaller? The layers of this network wait for a known time instead of computing, all for the same, so that any number of stages is busy at once " +
			"whatever processors the machine has. Everything else is the pipeline's own: stages, links and schedules.",
		Expect: "With p equal stages and m micro-batches, a share (p-1)/(m+p-1) of the time is idle (Huang et al. 2019). More micro-batches make it smaller, " +
			"more stages larger. Both schedules have the same bubble, and compute the same to the bit. What differs is memory: in GPipe's, a stage holds the " +
			"activations of all micro-batches; with 1F1B (Narayanan et al. 2019), the first stage holds at most p of them. What is measured lies a little above " +
			"the formula, which knows no links: the smaller a micro-batch, the more of its time is on the way.",
		Picture: "On the left, the idle share of the stages' time, measured (points: a line for each schedule) and by the formula (dashed). On the right, how " +
			"many micro-batches' activations the first stage held at once.",
		Questions: []string{
			"Why does the measured bubble leave the formula when micro-batches are small?",
			"In 1F1B, why does the last stage hold the activations of only one micro-batch?",
			"A zero-bubble schedule splits the backward pass in two. Which of the halves can wait?",
		},
		Vary: []string{
			"--set row_ms=0.1: when layers are quick, links are most of what there is",
			"--set stages=2,4,8 --set micro_batches=1,4,16,32: more stages need more micro-batches",
			"--set batch_size=16 --set micro_batches=16: a row each",
		},
		Sources: []string{
			"Y. Huang et al., GPipe: efficient training of giant neural networks using pipeline parallelism, NeurIPS 2019, section 2.3",
			"D. Narayanan et al., PipeDream: generalized pipeline parallelism for DNN training, SOSP 2019; with a flush: Memory-efficient pipeline-parallel DNN " +
				"training, ICML 2021",
		},
	}, runBubble)
}

func runBubble(ctx context.Context, b *Bench, p bubbleParams) (*Result, error) {
	train := rows.Friedman1(p.Batch*p.Steps, learner.Seed(b.Seed, "bubble"))
	r := &Result{}
	t := Table{Name: "bubble", Title: "Idle share of the stages' time", Columns: []Column{
		{Name: "stages"}, {Name: "micro-batches"}, {Name: "schedule"}, {Name: "in theory", Form: "%.3f"}, {Name: "measured", Form: "%.3f"},
		{Name: "ms a step", Form: "%.1f"}, {Name: "held by the first stage"},
	}}
	var idle, held []curve
	done, total, far := 0, len(p.Stages)*len(p.Micros)*2, 0.0
	unlike, wrong := 0, 0 // fits with other losses, or that held other micro-batches, than they must
	losses := map[int][]float64{}
	for _, stages := range p.Stages {
		theory := curve{name: fmt.Sprintf("%d stages, theory", stages), dashed: true, colour: picture.Grey}
		for _, schedule := range []string{oneF, gpipe} {
			name := fmt.Sprintf("%d stages, %s", stages, schedule)
			measured, keeps := curve{name: name}, curve{name: name}
			for _, micros := range p.Micros {
				b.say(done, total, "%s, %d micro-batches", name, micros)
				done++
				fit, err := p.train(ctx, b.Seed, train, stages, micros, schedule)
				if err != nil {
					return nil, fmt.Errorf("%s, %d micro-batches: %w", name, micros, err)
				}
				m, first, found := fit.Pipeline.MicroBatches, fit.Workers[0].Held, fit.Pipeline.Bubble
				formula := bubbleOf(stages, m)
				t.add(stages, m, schedule, formula, found, 1000*stepSeconds(fit), first)
				far = max(far, math.Abs(found-formula))
				measured.xy, keeps.xy = append(measured.xy, plotter.XY{X: float64(m), Y: found}), append(keeps.xy, plotter.XY{X: float64(m), Y: float64(first)})
				if schedule == oneF {
					theory.xy = append(theory.xy, plotter.XY{X: float64(m), Y: formula})
				}
				if most := map[string]int{oneF: min(stages, m), gpipe: m}[schedule]; first != most {
					wrong++
				}
				if losses[m] == nil {
					losses[m] = fit.Training.Loss
				}
				if !slices.Equal(losses[m], fit.Training.Loss) {
					unlike++
				}
			}
			idle, held = append(idle, measured), append(held, keeps)
		}
		idle = append(idle, theory)
	}
	r.must(wrong == 0, "the first stage holds min(p, m) micro-batches with 1F1B, and all m with GPipe", "not in %d of %d fits", wrong, total)
	r.must(unlike == 0, "where the network is cut, and the schedule, change no bit of any loss", "in %d of %d fits they do", unlike, total)
	r.expect(far < 0.15, "the measured bubble is near (p-1)/(m+p-1)", "%.3f away from it at most", far)
	first, last := t.Rows[0], t.Rows[len(p.Micros)-1]
	r.find("With %v stages, %v micro-batches instead of %v bring the idle share from %.2f to %.2f; the formula says %.2f to %.2f.",
		first[0], last[1], first[1], first[4], last[4], first[3], last[3])
	r.Tables = []Table{t}
	left, err := lines("idle share of the stages' time", "micro-batches", "", idle...)
	if err != nil {
		return nil, err
	}
	right, err := lines("activations held by the first stage", "micro-batches", "micro-batches", held...)
	if err != nil {
		return nil, err
	}
	left.Y.Min, left.Y.Max, right.Y.Min, right.Legend.Left = 0, 1.2, 0, true
	right.Y.Max = 1.4 * float64(slices.Max(p.Micros))
	r.Plots = []Plot{{Name: "bubble", Panels: []*plot.Plot{left, right}, Beside: 2}}
	return r, nil
}

// bubbleOf is the idle share of p equal stages in a step of m micro-batches.
func bubbleOf(p, m int) float64 { return float64(p-1) / float64(m+p-1) }

func (p bubbleParams) train(ctx context.Context, seed uint64, train learner.Dataset, stages, micros int, schedule string) (*client.FitResult, error) {
	plan := rig.Plan{Master: masters.NewPipeline(), Seed: seed, With: rig.Settings{
		"learner": timed.Name, "params": rig.Settings{"depth": p.depth(), "row_ms": p.Row},
		"pipeline": rig.Settings{
			"schedule": schedule, "micro_batches": micros, "batch_size": p.Batch, "max_iter": 1, "n_iter_no_change": 0, "learning_rate_init": 0.01,
		},
	}}
	for range stages {
		plan.Workers = append(plan.Workers, rig.Worker{Rows: train})
	}
	return fitOf(ctx, plan)
}

// depth is how many layers can be shared out evenly, whatever the number of stages.
func (p bubbleParams) depth() int {
	depth := 1
	for _, n := range p.Stages {
		a, b := depth, n
		for b != 0 {
			a, b = b, a%b
		}
		depth *= n / a
	}
	return depth
}
