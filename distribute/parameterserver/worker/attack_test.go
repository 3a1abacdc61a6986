package worker_test

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/distribute/parameterserver"
	"github.com/gochimera/chimera/internal/wire"
)

// gradientOf is what a worker with faults answers to a step at these parameters, of all ten rows.
func gradientOf(t *testing.T, faults string, p []float64) []float64 {
	t.Helper()
	s := sgdWorker(t, faults)
	if status, body := post(t, s, parameterserver.PathBegin, beginning(parameterserver.FullMode)); status != http.StatusOK {
		t.Fatalf("begin: status %d: %s", status, body)
	}
	head := parameterserver.StepFrame{FitID: "f", Mode: parameterserver.FullMode}
	status, body := post(t, s, parameterserver.PathStep, head, wire.Vector(parameterserver.ArrayParameters, p))
	if status != http.StatusOK {
		t.Fatalf("step: status %d: %s", status, body)
	}
	_, g := answer(t, body)
	return g
}

// updateOf is what a worker with faults answers to a step in JSON: bias last.
func updateOf(t *testing.T, faults string) []float64 {
	t.Helper()
	s := sgdWorker(t, faults)
	res, err := s.Client().Post(s.URL+parameterserver.PathStep, "application/json", strings.NewReader(`{"weights":[0.5,1],"bias":[0.25]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s, %v", res.StatusCode, body, err)
	}
	var a parameterserver.FitStepResponse
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatal(err)
	}
	return append(a.Weights, a.Bias...)
}

// Attacks change answers in frames and in JSON alike.
func TestAttacksInFramesAndInJSON(t *testing.T) {
	p := []float64{0.5, 1, 0.25}
	for name, send := range map[string]func(faults string) []float64{
		"frame": func(faults string) []float64 { return gradientOf(t, faults, p) },
		"JSON":  func(faults string) []float64 { return updateOf(t, faults) },
	} {
		honest := send("")
		for attack, factor := range map[string]float64{"sign_flip": -1, "scaled": 10} {
			want := append([]float64(nil), honest...)
			floats.Scale(factor, want)
			if got := send(`{"corrupt_rate":1,"attack":"` + attack + `"}`); !floats.EqualApprox(got, want, 1e-12) {
				t.Errorf("%s, %s: %v, want %v", name, attack, got, want)
			}
		}
		for _, attack := range []string{"gaussian", "label_flip", "a_little_is_enough"} {
			faults := `{"corrupt_rate":1,"attack":"` + attack + `"}`
			got := send(faults)
			if floats.EqualApprox(got, honest, 1e-3) || !floats.Equal(got, send(faults)) {
				t.Errorf("%s, %s: %v, honest %v", name, attack, got, honest)
			}
		}
	}
}

// The attack a_little_is_enough is the gradient less 1.5 standard deviations of what a worker's
// gradient would be on other rows, from the means of eight parts of the rows; computed here from the
// rows' own gradients.
func TestALittleIsEnough(t *testing.T) {
	p := []float64{0.5, 1, 0.25} // of b, a and the intercept
	const n, parts = 10, 8
	var rows [n][3]float64
	for i := range rows {
		a, b := float64(i), float64(i*i%7)
		off := p[0]*b + p[1]*a + p[2] - 2*a
		rows[i] = [3]float64{off * b, off * a, off}
	}
	var want []float64
	for j := range 3 {
		var sum float64
		var means []float64
		var perRow float64 // mean of 1 / rows of a part
		for k := range parts {
			var part, count float64
			for i := k; i < n; i += parts {
				part += rows[i][j]
				count++
			}
			sum += part
			means = append(means, part/count)
			perRow += 1 / count / parts
		}
		var variance float64
		for _, m := range means {
			variance += (m - floats.Sum(means)/parts) * (m - floats.Sum(means)/parts) / (parts - 1)
		}
		want = append(want, sum-1.5*n*math.Sqrt(variance/n/perRow))
	}
	if got := gradientOf(t, `{"corrupt_rate":1,"attack":"a_little_is_enough"}`, p); !floats.EqualApprox(got, want, 1e-9) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Labels are flipped in the rows: for y = 2a, mirrored at the mean of 9, the gradients at 0 are those of
// y = 18 - 2a.
func TestLabelFlipOfTargets(t *testing.T) {
	got := gradientOf(t, `{"corrupt_rate":0,"attack":"label_flip"}`, make([]float64, 3))
	var b, a, intercept float64
	for i := range 10 {
		y := 18 - 2*float64(i)
		b, a, intercept = b-y*float64(i*i%7), a-y*float64(i), intercept-y
	}
	if !floats.EqualApprox(got, []float64{b, a, intercept}, 1e-9) {
		t.Errorf("%v, want %v", got, []float64{b, a, intercept})
	}
}
