package labs

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/gochimera/chimera/client"
	"github.com/gochimera/chimera/internal/picture"
	"github.com/gochimera/chimera/labs/rig"
	"github.com/gochimera/chimera/labs/rows"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/masters"
)

// scalingParams are the parameters of lab scaling.
type scalingParams struct {
	Workers []int `json:"workers" default:"[1,2,3,4,6,8]" validate:"min=2,dive,gte=1,lte=64" doc:"numbers of workers; the first is what others are compared with"`
	Rows    int   `json:"rows" default:"20000" validate:"gte=64,lte=1000000" doc:"training rows, which are dealt to the workers"`
	Hidden  int   `json:"hidden" default:"128" validate:"gte=1,lte=4096" doc:"hidden units of the network"`
	Steps   int   `json:"steps" default:"20" validate:"gte=3,lte=10000" doc:"steps of each training"`
	Wait    int   `json:"wait_ms" default:"64" validate:"gte=1,lte=10000" doc:"milliseconds that all rows take in the second curve, whoever has them"`
}

func scaling() Lab {
	return define(Lab{
		Name: "scaling", Title: "Scaling, and Amdahl's line", About: "data parallelism, step by step", Chapter: "three-parallelisms.md#data-parallelism-step-by-step",
		Asks: "A parameter server's rows stay the same, and there are more and more workers. How much quicker is a step? It is asked twice. First the workers " +
			"compute the gradients of a network in this one process, so they share its processors. Then they wait instead, each for a time in proportion to its " +
			"rows, as if every worker had a machine of its own.",
		Expect: "What is serial stays: with a serial share s, n processors are at most 1/(s+(1-s)/n) times as fast (Amdahl 1967), however many there are. s is " +
			"fitted to the quickest steps, which other programs disturb the least. Beyond the processors of this machine, workers that compute gain nothing; " +
			"workers that wait go on gaining, until what the master and the wire take is most of a step. The model is the same whatever the number of workers, up " +
			"to rounding.",
		Picture: "How many times as fast as the first a step is: measured, by Amdahl's line (dashed), and the ideal in grey. The two processors of the machine " +
			"that drew it were busy with other programs too, and that is what is on the left: workers that compute had hardly one processor between them.",
		Questions: []string{
			"What is serial in a step of a parameter server? Which of it grows with the number of workers?",
			"Gustafson's answer to Amdahl is to let the rows grow with the workers. What would the lines look like?",
			"Why can a fitted serial share be smaller with two workers than with eight?",
		},
		Vary: []string{
			"--set rows=800: when there is little to compute, the rest of a step is what counts",
			"--set hidden=512: more to compute, and more to send",
			"--set workers=1,2,4,8,16,32: where does the second curve turn?",
		},
		Sources: []string{
			"G. Amdahl, Validity of the single processor approach to achieving large scale computing capabilities, AFIPS 1967",
			"J. Gustafson, Reevaluating Amdahl's law, Communications of the ACM 31, 1988",
		},
	}, runScaling)
}

// scaled is one curve: the same training with more and more workers.
type scaled struct {
	name       string
	learner    string
	params     rig.Settings
	wait       float64 // milliseconds that all rows take; 0 to compute
	processors int     // that workers have together; 0 is one each
}

func runScaling(ctx context.Context, b *Bench, p scalingParams) (*Result, error) {
	cores := runtime.GOMAXPROCS(0)
	train := rows.Friedman1(p.Rows, learner.Seed(b.Seed, "scaling"))
	r := &Result{}
	r.find("This machine has %d processors for this program. Workers that compute cannot gain from there being more than %d of them.", cores, cores)
	t := Table{Name: "scaling", Title: "A step with more and more workers", Columns: []Column{
		{Name: "workers"}, {Name: "rows of each"}, {Name: "what they do"}, {Name: "ms, quickest step", Form: "%.2f"}, {Name: "times as fast", Form: "%.2f"},
		{Name: "Amdahl", Form: "%.2f"}, {Name: "ideal", Form: "%.0f"}, {Name: "loss at the end", Form: "%.6g"},
	}}
	var panels []*plot.Plot
	for i, c := range []scaled{
		{"computing", "mlp-regressor", rig.Settings{"hidden_layer_sizes": []int{p.Hidden}}, 0, cores},
		{"waiting", "sgd-regressor", nil, float64(p.Wait), 0},
	} {
		panel, err := c.run(ctx, b, r, &t, p, train, i*len(p.Workers))
		if err != nil {
			return nil, err
		}
		panels = append(panels, panel)
	}
	r.Tables = []Table{t}
	r.Plots = []Plot{{Name: "scaling", Panels: panels, Beside: 2}}
	return r, nil
}

// run trains with each number of workers, adds to the table, and draws the curve.
func (c scaled) run(ctx context.Context, b *Bench, r *Result, t *Table, p scalingParams, train learner.Dataset, done int) (*plot.Plot, error) {
	var times, finals []float64
	early := 0
	for i, n := range p.Workers {
		b.say(done+i, 2*len(p.Workers), "%d workers, %s", n, c.name)
		fit, err := c.train(ctx, b.Seed, p, train, n)
		if err != nil {
			return nil, fmt.Errorf("%d workers, %s: %w", n, c.name, err)
		}
		all := stepTimes(fit)
		times, finals = append(times, 1000*slices.Min(all)), append(finals, fit.Training.Loss[p.Steps-1])
		if 1000*slices.Min(all) < c.least(train.Len(), n) {
			early++
		}
	}
	serial := serialShare(p.Workers, times, c.processors)
	measured, ideal := curve{name: "measured"}, curve{name: "ideal", colour: picture.Grey}
	amdahl := curve{name: fmt.Sprintf("Amdahl, s = %.2f", serial), dashed: true}
	for i, n := range p.Workers {
		fast, line, best := times[0]/times[i], amdahlAt(serial, p.Workers[0], n, c.processors), float64(n)/float64(p.Workers[0])
		t.add(n, train.Len()/n, c.name, times[i], fast, line, best, finals[i])
		x := float64(n)
		measured.xy, amdahl.xy = append(measured.xy, plotter.XY{X: x, Y: fast}), append(amdahl.xy, plotter.XY{X: x, Y: line})
		ideal.xy = append(ideal.xy, plotter.XY{X: x, Y: best})
	}
	unlike := (slices.Max(finals) - slices.Min(finals)) / math.Abs(finals[0])
	r.must(unlike < 1e-6, c.name+": the loss at the end is that of one worker, up to rounding", "off by %.1g of it at most", unlike)
	if c.wait > 0 {
		r.must(early == 0, c.name+": no step is shorter than what the workers wait", "in %d of %d trainings one was", early, len(times))
	}
	fastest := slices.Index(times, slices.Min(times))
	r.find("Workers that are %s: the quickest step, with %d, is %.1f times as fast as with %d; the serial share that fits best is %.2f.",
		c.name, p.Workers[fastest], times[0]/times[fastest], p.Workers[0], serial)
	drawn, err := lines("workers that are "+c.name, "workers", "times as fast", measured, amdahl, ideal)
	if err != nil {
		return nil, err
	}
	drawn.Y.Min, drawn.Legend.Left = 0, true
	drawn.Y.Max = 1.3 * float64(slices.Max(p.Workers)) / float64(p.Workers[0])
	return drawn, nil
}

// least is how many milliseconds a step of n workers takes at least.
func (c scaled) least(rows, n int) float64 { return math.Floor(1e3*c.waits(rows/n, rows)) / 1e3 }

// waits is how many milliseconds a worker waits that has so many of the rows.
func (c scaled) waits(own, all int) float64 { return c.wait * float64(own) / float64(all) }

func (c scaled) train(ctx context.Context, seed uint64, p scalingParams, train learner.Dataset, n int) (*client.FitResult, error) {
	plan := rig.Plan{Master: masters.NewParameterServer(), Seed: seed, With: rig.Settings{
		"learner": c.learner, "params": c.params,
		"parameter_server": rig.Settings{"max_iter": p.Steps, "n_iter_no_change": 0, "learning_rate_init": 0.01},
	}}
	for _, own := range rows.InOrder(train, n) {
		w := rig.Worker{Rows: own}
		if c.wait > 0 {
			wait := time.Duration(c.waits(own.Len(), train.Len()) * float64(time.Millisecond))
			w.With = rig.Settings{"faults": rig.Settings{"delay": wait.String()}}
		}
		plan.Workers = append(plan.Workers, w)
	}
	return fitOf(ctx, plan)
}

// portion is the part of one processor's work that falls to each of n workers, where they have so many processors together; 0 is one each.
func portion(n, processors int) float64 {
	if processors > 0 {
		n = min(n, processors)
	}
	return 1 / float64(n)
}

// serialShare is the share of a step that is serial, by least squares: the time of n workers, in units of one processor's, is
// s + (1-s) portion. Only the numbers of workers and their times go in.
func serialShare(workers []int, times []float64, processors int) float64 {
	// time(n) = a + c portion(n), and s = a / (a + c)
	var count, x, y, xx, xy float64
	for i, n := range workers {
		u := portion(n, processors)
		count, x, y, xx, xy = count+1, x+u, y+times[i], xx+u*u, xy+u*times[i]
	}
	det := count*xx - x*x
	if det < 1e-12 {
		return 1 // all have as much to do
	}
	c := (count*xy - x*y) / det
	a := (y - c*x) / count
	if a+c <= 0 {
		return 1
	}
	return min(1, max(0, a/(a+c)))
}

// amdahlAt is how many times as fast n workers are as the first number, with a serial share.
func amdahlAt(serial float64, first, n, processors int) float64 {
	at := func(n int) float64 { return serial + (1-serial)*portion(n, processors) }
	return at(first) / at(n)
}
