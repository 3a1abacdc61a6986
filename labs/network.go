package labs

import (
	"context"
	"fmt"
	"math"
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

// networkParams are the parameters of lab network.
type networkParams struct {
	Delays    []float64 `json:"delays_ms" default:"[0,2,5,10,20]" validate:"min=1,dive,gte=0,lte=1000" doc:"milliseconds that every message takes longer"`
	Bandwidth float64   `json:"bandwidth_mb" default:"50" validate:"gt=0,lte=100000" doc:"megabytes a second of each connection, while the delay changes"`
	Hidden    []int     `json:"hidden" default:"[16,256,1024,2048]" validate:"min=1,dive,gte=1,lte=8192" doc:"hidden units, which make more and more parameters"`
	Slow      float64   `json:"slow_mb" default:"10" validate:"gt=0,lte=100000" doc:"megabytes a second, while the number of parameters changes"`
	Rows      int       `json:"rows" default:"200" validate:"gte=20,lte=100000" doc:"training rows"`
	Steps     int       `json:"steps" default:"8" validate:"gte=3,lte=10000" doc:"steps of each training"`
}

// networkWorkers is how many workers, or stages, there are.
const networkWorkers = 2

func network() Lab {
	return define(Lab{
		Name: "network", Title: "What a network costs", About: "the three parallelisms", Chapter: "three-parallelisms.md#which-to-take",
		Asks: "On one machine messages take next to no time. What if they do? Between each worker and those who call it there is a network with a delay for " +
			"every message and a bandwidth for its bytes, which are put there on purpose. The three masters train the same network with more and more delay. Then " +
			"the parameter server trains larger and larger networks over a slow line.",
		Expect: "A message of n bytes takes alpha + beta n (Hockney 1994). A parameter server's step has a request and an answer, so it takes two delays and " +
			"the time of twice the parameters, beyond computing. In a pipeline of p stages, a step is 2p messages one after another at least: the master's " +
			"command, the activations forward, the gradients back, and the answer. Bagging sends a few requests for the whole fit, so it hardly notices. The lines " +
			"are lower bounds: what is measured has the computing on top.",
		Picture: "On the left, the time of a step (of bagging, of the whole fit) against the delay. On the right, the parameter server's step against its " +
			"bytes. Measured with lines, and what the network must take by alpha + beta n dashed.",
		Questions: []string{
			"Sending float32 halves the bytes. On which of the two pictures would that be seen?",
			"Local SGD takes several steps between two messages. What does that do to the slope on the left?",
			"In the pipeline, which messages are on the way while stages compute, and which are waited for?",
		},
		Vary: []string{
			"--set delays_ms=0,50,100: between continents",
			"--set slow_mb=1: when bytes are all that counts",
			"--set bandwidth_mb=1 --set hidden=16: a small network on a slow line is a matter of delay alone",
		},
		Sources: []string{
			"R. Hockney, The communication challenge for MPP: Intel Paragon and Meiko CS-2, Parallel Computing 20, 1994",
			"M. Li et al., Scaling distributed machine learning with the parameter server, OSDI 2014",
		},
	}, runNetwork)
}

// crossed is a training over a network.
type crossed struct {
	name    string
	master  func() masters.Master
	section string
	with    rig.Settings
	same    bool // the workers have the same rows

	// messages is how many messages are on the way one after another, at least, in what is measured.
	messages int
}

func crossings(p networkParams) []crossed {
	once := rig.Settings{"max_iter": p.Steps, "n_iter_no_change": 0}
	stages := rig.Settings{"max_iter": p.Steps, "n_iter_no_change": 0, "batch_size": p.Rows, "micro_batches": 4}
	return []crossed{
		{"bagging, whole fit", func() masters.Master { return masters.NewAggregation() }, "aggregation", rig.Settings{}, false, 2},
		{"parameter server, a step", func() masters.Master { return masters.NewParameterServer() }, "parameter_server", once, false, 2},
		{"pipeline, a step", func() masters.Master { return masters.NewPipeline() }, "pipeline", stages, true, 2 * networkWorkers},
	}
}

func runNetwork(ctx context.Context, b *Bench, p networkParams) (*Result, error) {
	train := rows.Friedman1(p.Rows, learner.Seed(b.Seed, "network"))
	r := &Result{}
	delays, sizes, err := p.byDelay(ctx, b, r, train)
	if err != nil {
		return nil, err
	}
	bytes, panel, err := p.bySize(ctx, b, r, train)
	if err != nil {
		return nil, err
	}
	r.Tables = []Table{delays, bytes}
	r.Plots = []Plot{{Name: "network", Panels: []*plot.Plot{sizes, panel}, Beside: 2}}
	return r, nil
}

// byDelay trains by all masters with each delay.
func (p networkParams) byDelay(ctx context.Context, b *Bench, r *Result, train learner.Dataset) (t Table, drawn *plot.Plot, err error) {
	t = Table{Name: "network-delay", Title: "More and more delay", Columns: []Column{
		{Name: "trained by"}, {Name: "delay, ms", Form: "%.0f"}, {Name: "ms", Form: "%.1f"}, {Name: "of which the network at least", Form: "%.1f"},
		{Name: "messages of the fit"}, {Name: "bytes of the fit"},
	}}
	var curves []curve
	for i, c := range crossings(p) {
		measured, least := curve{name: c.name, colour: picture.Colours()[i]}, curve{dashed: true, colour: picture.Colours()[i]}
		early := 0
		for j, delay := range p.Delays {
			b.say(i*len(p.Delays)+j, p.trainings(), "%s, %v ms", c.name, delay)
			link := &rig.Link{Delay: time.Duration(delay * float64(time.Millisecond)), Bandwidth: p.Bandwidth * 1e6}
			fit, err := c.train(ctx, b.Seed, train, p.Hidden[0], link)
			if err != nil {
				return t, nil, fmt.Errorf("%s, %v ms: %w", c.name, delay, err)
			}
			times := []float64{fit.Seconds}
			if fit.Training != nil {
				times = stepTimes(fit)
			}
			bound := delay * float64(c.messages)
			if 1000*slices.Min(times) < bound {
				early++
			}
			bytes, messages := link.Carried()
			t.add(c.name, delay, 1000*median(times), bound, int(messages), int(bytes))
			measured.xy, least.xy = append(measured.xy, plotter.XY{X: delay, Y: 1000 * median(times)}), append(least.xy, plotter.XY{X: delay, Y: bound})
		}
		r.must(early == 0, fmt.Sprintf("%s takes %d delays at least", c.name, c.messages), "not with %d of %d delays", early, len(p.Delays))
		slope := slopeOf(measured.xy)
		r.find("%s: each millisecond of delay costs %.1f ms.", c.name, slope)
		curves = append(curves, measured, least)
	}
	drawn, err = lines("time against the delay", "delay of a message, ms", "ms", curves...)
	if err == nil {
		drawn.Y.Min, drawn.Legend.Left = 0, true
		drawn.Y.Max = math.Ceil(1.4 * drawn.Y.Max)
	}
	return t, drawn, err
}

// bySize trains larger and larger networks by a parameter server.
func (p networkParams) bySize(ctx context.Context, b *Bench, r *Result, train learner.Dataset) (t Table, drawn *plot.Plot, err error) {
	t = Table{Name: "network-bytes", Title: "A parameter server over a slow line", Columns: []Column{
		{Name: "hidden units"}, {Name: "parameters"}, {Name: "bytes a step and worker"}, {Name: "ms a step", Form: "%.1f"},
		{Name: "of which the network at least", Form: "%.1f"},
	}}
	server := crossings(p)[1]
	measured, least := curve{name: "measured"}, curve{name: "alpha + beta n", dashed: true}
	early := 0
	for i, hidden := range p.Hidden {
		b.say(3*len(p.Delays)+i, p.trainings(), "a parameter server, %d hidden units", hidden)
		link := &rig.Link{Bandwidth: p.Slow * 1e6}
		fit, err := server.train(ctx, b.Seed, train, hidden, link)
		if err != nil {
			return t, nil, fmt.Errorf("%d hidden units: %w", hidden, err)
		}
		parameters := hidden*(len(train.Features)+2) + 1 // two dense layers with their intercepts
		bytes := 2 * 8 * parameters                      // down and up, float64
		bound := 1000 * link.Takes(int64(bytes)).Seconds()
		times := stepTimes(fit)
		if 1000*slices.Min(times) < bound {
			early++
		}
		t.add(hidden, parameters, bytes, 1000*median(times), bound)
		x := float64(bytes) / 1000
		measured.xy, least.xy = append(measured.xy, plotter.XY{X: x, Y: 1000 * median(times)}), append(least.xy, plotter.XY{X: x, Y: bound})
	}
	r.must(early == 0, "a step takes the time of its parameters down and of its gradient up at least", "not with %d of %d networks", early, len(p.Hidden))
	if len(p.Hidden) > 1 {
		r.find("Over a line of %v MB/s, a thousand bytes more in a step cost %.3f ms; the line alone takes %.3f.", p.Slow, slopeOf(measured.xy), slopeOf(least.xy))
	}
	drawn, err = lines("time against the bytes", "kB of a step and worker", "ms", measured, least)
	if err == nil {
		drawn.Y.Min, drawn.Legend.Left = 0, true
		drawn.Y.Max = math.Ceil(1.3 * drawn.Y.Max)
	}
	return t, drawn, err
}

// trainings is how many there are in all.
func (p networkParams) trainings() int { return 3*len(p.Delays) + len(p.Hidden) }

// slopeOf is that of the line that fits points best; 0 for one point.
func slopeOf(points plotter.XYs) float64 {
	var n, x, y, xx, xy float64
	for _, p := range points {
		n, x, y, xx, xy = n+1, x+p.X, y+p.Y, xx+p.X*p.X, xy+p.X*p.Y
	}
	if det := n*xx - x*x; det > 0 {
		return (n*xy - x*y) / det
	}
	return 0
}

func (c crossed) train(ctx context.Context, seed uint64, train learner.Dataset, hidden int, link *rig.Link) (*client.FitResult, error) {
	plan := rig.Plan{Master: c.master(), Seed: seed, With: rig.Settings{
		"learner": "mlp-regressor", "params": rig.Settings{"hidden_layer_sizes": []int{hidden}}, c.section: c.with,
	}}
	if c.section == "aggregation" {
		plan.With["params"] = rig.Settings{"hidden_layer_sizes": []int{hidden}, "max_iter": 8}
	}
	parts := rows.InOrder(train, networkWorkers)
	for i := range networkWorkers {
		w := rig.Worker{Rows: parts[i], Link: link.Listen}
		if c.same {
			w.Rows = train
		}
		plan.Workers = append(plan.Workers, w)
	}
	return fitOf(ctx, plan)
}
