package optimise

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

// usual are settings under which every optimiser works.
func usual(name string) Settings {
	return Settings{Name: name, Momentum: 0.5, Beta1: 0.5, Beta2: 0.75, Epsilon: 1e-8, WeightDecay: 0.5}
}

var names = []string{NameSGD, NameMomentum, NameNesterov, NameAdaGrad, NameAdam, NameAdamW}

func make1(t *testing.T, s Settings) Optimiser {
	t.Helper()
	o, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestStepsByHand: two steps of one parameter that begins at 1, with gradients
// 2 and 4 at a rate of 0.1, computed on paper.
func TestStepsByHand(t *testing.T) {
	for _, tc := range []struct {
		name         string
		first, again float64
	}{
		// 1 - 0.1*2, then - 0.1*4
		{NameSGD, 0.8, 0.4},
		// v = -0.2, then 0.5*(-0.2) - 0.4 = -0.5
		{NameMomentum, 0.8, 0.3},
		// the same v, but p moves by 0.5 v - 0.1 g: -0.3, then -0.65
		{NameNesterov, 0.7, 0.05},
		// 0.1 * 2/2, then 0.1 * 4/sqrt(4+16)
		{NameAdaGrad, 0.9, 0.9 - 0.4/math.Sqrt(20)},
		// m = 1, v = 1, corrected 2 and 4: 0.1*2/2; then m = 2.5, v = 0.75+4 = 4.75,
		// corrected 2.5/0.75 and 4.75/0.4375
		{NameAdam, 0.9, 0.9 - 0.1*(2.5/0.75)/math.Sqrt(4.75/0.4375)},
		// as adam, and 0.1 * 0.5 of the parameter less: 0.05, then 0.05 * 0.85
		{NameAdamW, 0.85, 0.85*0.95 - 0.1*(2.5/0.75)/math.Sqrt(4.75/0.4375)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := make1(t, usual(tc.name))
			p := []float64{1}
			for step, want := range []float64{tc.first, tc.again} {
				o.Step(p, []float64{float64(2 + 2*step)}, 0.1)
				if math.Abs(p[0]-want) > 1e-8 {
					t.Errorf("after step %d the parameter is %v, want %v", step+1, p[0], want)
				}
			}
		})
	}
}

// TestQuadratic: on f(p) = p^2/2 the methods without a denominator have closed
// forms. Gradient descent contracts by 1-lr. The heavy ball and Nesterov's
// method are linear recurrences of second order, whose characteristic polynomials are
// z^2 - (1+mu-lr) z + mu, and z^2 - (1+mu)(1-lr) z + mu(1-lr) for the point
// before the look-ahead.
func TestQuadratic(t *testing.T) {
	const lr, mu, steps = 0.1, 0.5, 30
	recurrence := func(a, b, p0, p1 float64) float64 {
		for range steps - 1 {
			p0, p1 = p1, a*p1-b*p0
		}
		return p1
	}
	for _, tc := range []struct {
		name string
		want float64
	}{
		{NameSGD, math.Pow(1-lr, steps)},
		{NameMomentum, recurrence(1+mu-lr, mu, 1, 1-lr)},
		// In terms of the look-ahead point: p1 = 1 - lr - mu lr.
		{NameNesterov, recurrence((1+mu)*(1-lr), mu*(1-lr), 1, 1-lr-mu*lr)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := make1(t, usual(tc.name))
			p := []float64{1}
			for range steps {
				o.Step(p, slices.Clone(p), lr)
			}
			if math.Abs(p[0]-tc.want) > 1e-14 {
				t.Errorf("after %d steps at %v, the closed form says %v", steps, p[0], tc.want)
			}
		})
	}
}

// TestScale: the steps of Adam and AdaGrad do not depend on the gradient's
// unit, and the first is the learning rate itself.
func TestScale(t *testing.T) {
	for _, name := range []string{NameAdaGrad, NameAdam} {
		t.Run(name, func(t *testing.T) {
			s := usual(name)
			s.Epsilon = 1e-300
			var ends [2]float64
			for i, unit := range []float64{1, 1 << 40} {
				o, p := make1(t, s), []float64{0}
				for step := range 10 {
					o.Step(p, []float64{unit * math.Sin(float64(step)+1)}, 0.01)
					if step == 0 && math.Abs(p[0]+0.01) > 1e-15 {
						t.Errorf("the first step is %v, want -0.01", p[0])
					}
				}
				ends[i] = p[0]
			}
			if math.Abs(ends[0]-ends[1]) > 1e-15 {
				t.Errorf("ends at %v, in another unit at %v", ends[0], ends[1])
			}
		})
	}
}

// TestConverges: all of them find the minimum of an ill-conditioned bowl.
func TestConverges(t *testing.T) {
	curvature, centre := []float64{1, 0.05, 3}, []float64{2, -1, 0.5}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			s := usual(name)
			s.WeightDecay = 0
			o := make1(t, s)
			p, g := make([]float64, 3), make([]float64, 3)
			schedule := Cosine{Eta0: 0.4, Total: 2000}
			for step := range schedule.Total {
				for i := range g {
					g[i] = curvature[i] * (p[i] - centre[i])
				}
				o.Step(p, g, schedule.Rate(step))
			}
			for i := range p {
				if math.Abs(p[i]-centre[i]) > 1e-3 {
					t.Errorf("parameter %d is %v, want %v", i, p[i], centre[i])
				}
			}
		})
	}
}

func run(o Optimiser, p []float64, from, to int) {
	g := make([]float64, len(p))
	for step := from; step < to; step++ {
		for i := range g {
			g[i] = p[i] - math.Cos(float64(step*(i+1)))
		}
		o.Step(p, g, 0.05)
	}
}

// TestState: an optimiser that goes on from another's state, by way of JSON,
// takes the same steps to the bit; the state is a copy.
func TestState(t *testing.T) {
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			first := make1(t, usual(name))
			want := []float64{1, -2, 3}
			run(first, want, 0, 7)
			state := first.State()
			encoded, err := json.Marshal(state)
			if err != nil {
				t.Fatal(err)
			}
			got := slices.Clone(want)
			run(first, want, 7, 20)

			var decoded State
			if err := json.Unmarshal(encoded, &decoded); err != nil {
				t.Fatal(err)
			}
			second := make1(t, usual(name))
			run(second, []float64{5, 6}, 0, 3) // of another length before
			if err := second.Restore(decoded); err != nil {
				t.Fatal(err)
			}
			for _, v := range decoded.Vectors {
				clear(v)
			}
			run(second, got, 7, 20)
			if !slices.Equal(got, want) {
				t.Errorf("goes on to %v, want %v", got, want)
			}
			if again, _ := json.Marshal(state); string(again) != string(encoded) {
				t.Error("later steps changed a state that was handed out")
			}
			if err := second.Restore(State{Name: name}); err != nil {
				t.Errorf("the state before the first step is refused: %v", err)
			}
		})
	}
}

// TestParts: a vector cut in parts moves as the whole does.
func TestParts(t *testing.T) {
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			whole, left, right := make1(t, usual(name)), make1(t, usual(name)), make1(t, usual(name))
			p := []float64{1, 2, 3, 4, 5}
			q := slices.Clone(p)
			for step := range 5 {
				g := []float64{0.1, -0.2, 0.3, float64(step), -1}
				whole.Step(p, g, 0.1)
				left.Step(q[:2], g[:2], 0.1)
				right.Step(q[2:], g[2:], 0.1)
			}
			if !slices.Equal(p, q) {
				t.Errorf("in parts %v, whole %v", q, p)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	with := func(name string, change func(*Settings)) Settings {
		s := usual(name)
		change(&s)
		return s
	}
	for _, tc := range []struct {
		name     string
		settings Settings
		want     string // part of the error
	}{
		{"unknown", usual("lbfgs"), "want one of sgd"},
		{"no name", Settings{}, "want one of sgd"},
		{"momentum of 1", with(NameMomentum, func(s *Settings) { s.Momentum = 1 }), "momentum must be in [0, 1), not 1"},
		{"negative momentum", with(NameNesterov, func(s *Settings) { s.Momentum = -0.1 }), "momentum"},
		{"beta_1 of 1", with(NameAdam, func(s *Settings) { s.Beta1 = 1 }), "beta_1"},
		{"beta_2 not a number", with(NameAdamW, func(s *Settings) { s.Beta2 = math.NaN() }), "beta_2"},
		{"epsilon of 0", with(NameAdam, func(s *Settings) { s.Epsilon = 0 }), "epsilon"},
		{"infinite epsilon", with(NameAdaGrad, func(s *Settings) { s.Epsilon = math.Inf(1) }), "epsilon"},
		{"negative weight decay", with(NameAdamW, func(s *Settings) { s.WeightDecay = -1 }), "weight decay"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o, err := New(tc.settings)
			if err == nil || o != nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("New answers %v and error %v, want an error that says %q", o, err, tc.want)
			}
		})
	}
}

func TestRestoreRefused(t *testing.T) {
	for _, tc := range []struct {
		name  string
		state State
		want  string
	}{
		{"another optimiser's", State{Name: NameSGD, Steps: 1}, `that of "sgd"`},
		{"negative steps", State{Name: NameAdam, Steps: -1}, "after -1 steps"},
		{"a vector missing", State{Name: NameAdam, Steps: 1, Vectors: [][]float64{{1}}}, "1 vectors, want 2"},
		{"vectors of two lengths", State{Name: NameAdam, Steps: 1, Vectors: [][]float64{{1}, {1, 2}}}, "of 1 and of 2"},
		{"not finite", State{Name: NameAdam, Steps: 1, Vectors: [][]float64{{1}, {math.Inf(1)}}}, "is +Inf"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := make1(t, usual(NameAdam))
			p, q := []float64{1, 2}, []float64{1, 2}
			run(o, p, 0, 2)
			if err := o.Restore(tc.state); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one that says %q", err, tc.want)
			}
			run(o, p, 2, 4)
			run(make1(t, usual(NameAdam)), q, 0, 4)
			if !slices.Equal(p, q) {
				t.Error("a state that was refused changed the optimiser")
			}
		})
	}
}

func TestStepPanics(t *testing.T) {
	for _, tc := range []struct {
		name         string
		params, grad int
	}{{"a gradient of another length", 2, 3}, {"another length than before", 3, 3}} {
		t.Run(tc.name, func(t *testing.T) {
			o := make1(t, usual(NameAdam))
			o.Step(make([]float64, 2), make([]float64, 2), 1)
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			o.Step(make([]float64, tc.params), make([]float64, tc.grad), 1)
		})
	}
}

func TestSchedules(t *testing.T) {
	for _, tc := range []struct {
		name     string
		settings ScheduleSettings
		rates    map[int]float64 // by time
	}{
		{"constant", ScheduleSettings{Name: NameConstant, Eta0: 0.5}, map[int]float64{0: 0.5, 1000: 0.5}},
		{"invscaling", ScheduleSettings{Name: NameInvScaling, Eta0: 0.5, PowerT: 0.5}, map[int]float64{0: 0.5, 3: 0.25, 99: 0.05}},
		// w = (1e-4)^(-1/4) = 10, t0 = 1/(1e-4 * 10) = 1000
		{"optimal", ScheduleSettings{Name: NameOptimal, Alpha: 1e-4}, map[int]float64{0: 10, 1000: 5, 9000: 1}},
		{"step", ScheduleSettings{Name: NameStep, Eta0: 1, StepSize: 10, Gamma: 0.5}, map[int]float64{0: 1, 9: 1, 10: 0.5, 35: 0.125}},
		{"cosine", ScheduleSettings{Name: NameCosine, Eta0: 0.4, Total: 12}, map[int]float64{0: 0.4, 4: 0.3, 6: 0.2, 8: 0.1, 12: 0, 20: 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := NewSchedule(tc.settings)
			if err != nil {
				t.Fatal(err)
			}
			for at, want := range tc.rates {
				if got := s.Rate(at); math.Abs(got-want) > 1e-12 {
					t.Errorf("the rate at %d is %v, want %v", at, got, want)
				}
			}
		})
	}
}

func TestScheduleRefused(t *testing.T) {
	for _, tc := range []struct {
		name     string
		settings ScheduleSettings
		want     string
	}{
		{"unknown", ScheduleSettings{Name: "adaptive", Eta0: 1}, "want one of constant"},
		{"a rate of 0", ScheduleSettings{Name: NameConstant}, "finite and > 0, not 0"},
		{"an infinite rate", ScheduleSettings{Name: NameStep, Eta0: math.Inf(1)}, "not +Inf"},
		{"power not a number", ScheduleSettings{Name: NameInvScaling, Eta0: 1, PowerT: math.NaN()}, "power_t"},
		{"alpha of 0", ScheduleSettings{Name: NameOptimal}, "alpha"},
		{"no step size", ScheduleSettings{Name: NameStep, Eta0: 1, Gamma: 0.1}, "step_size"},
		{"a growing step", ScheduleSettings{Name: NameStep, Eta0: 1, StepSize: 1, Gamma: 2}, "gamma"},
		{"no total time", ScheduleSettings{Name: NameCosine, Eta0: 1}, "total time"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := NewSchedule(tc.settings); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one that says %q", err, tc.want)
			}
		})
	}
}

func TestClip(t *testing.T) {
	for _, tc := range []struct {
		name  string
		limit float64
		norm  float64
		want  []float64
	}{
		{"too long", 6.5, 13, []float64{1.5, 2, 6}},
		{"just right", 13, 13, []float64{3, 4, 12}},
		{"short", 20, 13, []float64{3, 4, 12}},
		{"no limit", 0, 13, []float64{3, 4, 12}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := []float64{3, 4, 12}
			norm := Clip(tc.limit, g[:1], g[1:])
			if math.Abs(norm-tc.norm) > 1e-14 || !slices.Equal(g, tc.want) {
				t.Errorf("norm %v, gradient %v; want %v, %v", norm, g, tc.norm, tc.want)
			}
		})
	}
	t.Run("huge", func(t *testing.T) {
		g := []float64{3e200, 4e200}
		if norm := Clip(10, g); math.Abs(norm/5e200-1) > 1e-14 || math.Abs(g[0]-6) > 1e-14 {
			t.Errorf("norm %v, gradient %v; want 5e200, [6 8]", norm, g)
		}
	})
}

func BenchmarkStep(b *testing.B) {
	const n = 1 << 14
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			o, err := New(usual(name))
			if err != nil {
				b.Fatal(err)
			}
			p, g := make([]float64, n), make([]float64, n)
			for i := range g {
				g[i] = math.Sin(float64(i))
			}
			for b.Loop() {
				o.Step(p, g, 1e-3)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/parameter")
		})
	}
}
