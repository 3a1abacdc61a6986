package master_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/distribute/parameterserver/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	room "github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/registry"
)

// converge are settings with which full-batch descent goes on to the minimum.
const converge = "learning_rate_init: 0.5, max_iter: 5000, n_iter_no_change: 0, gradient_tol: 1e-10"

// stretched are rows whose features have other scales and means than the standard ones.
func stretched(n, classes int) learner.Dataset {
	d := mastertest.ToyRows(n, classes)
	rows, cols := d.X.Dims()
	for i := range rows {
		for j := range cols {
			d.X.Set(i, j, d.X.At(i, j)*[]float64{3, 0.2, 7}[j%3]+float64(j))
		}
	}
	return d
}

// A learner's own alpha is that of its own objective, whatever the scale of the training: ridge has its
// closed form on the features as they are, (X'X + alpha) coef = X'y of centred columns.
func TestParameterServerFollowsRidge(t *testing.T) {
	const alpha = 1000.
	d := stretched(120, 0)
	n, features := d.X.Dims()
	x, y := mat.NewDense(n, features, nil), mat.NewVecDense(n, slices.Clone(d.Y))
	mean := floats.Sum(d.Y) / float64(n)
	var means []float64
	for j := range features {
		column := mat.Col(nil, j, d.X)
		means = append(means, floats.Sum(column)/float64(n))
		floats.AddConst(-means[j], column)
		x.SetCol(j, column)
	}
	for i := range n {
		y.SetVec(i, y.AtVec(i)-mean)
	}
	var gram mat.Dense
	gram.Mul(x.T(), x)
	for j := range features {
		gram.Set(j, j, gram.At(j, j)+alpha)
	}
	var right, coef mat.VecDense
	right.MulVec(x.T(), y)
	if err := coef.SolveVec(&gram, &right); err != nil {
		t.Fatal(err)
	}
	want := append(slices.Clone(coef.RawVector().Data), mean-floats.Dot(coef.RawVector().Data, means))

	c := server{learner: "ridge", params: `{"alpha": 1000}`, settings: converge}.start(t, mastertest.Split(d, 3)...)
	if fit := c.Fit(); fit.Training.Stopped != api.StopGradient {
		t.Errorf("stopped by %s at a gradient of %g", fit.Training.Stopped, fit.Training.GradientNorm)
	}
	mastertest.CloseTo(t, "parameters", c.parameters(true), want, 1e-6)
}

// The other learners with an objective of their own end where their own objective's smallest subgradient,
// computed here row by row on the features as they are, is 0.
func TestParameterServerFollowsObjectives(t *testing.T) {
	for _, tt := range []struct {
		learner, params, more string
		classes               int
		l1, l2, scale         float64 // the objective: scale x sum of losses + l1 |w| + l2 w^2 / 2; scale 0 is 1/n
	}{
		{"logistic-regression", `{"C": 0.05}`, "", 2, 0, 1, 0.05},
		{"ridge", `{"alpha": 3}`, "standardize: false", 0, 0, 3, 1},
		{"ridge", `{"alpha": 0}`, "", 0, 0, 0, 1},
		{"logistic-regression", `{"C": 0.2, "penalty": "elasticnet", "l1_ratio": 0.4}`, "", 2, 0.4, 0.6, 0.2},
		{"elastic-net", `{"alpha": 0.3, "l1_ratio": 0.5}`, "", 0, 0.15, 0.15, 0},
		{"lasso", `{"alpha": 0.4}`, "", 0, 0.4, 0, 0},
		{"ridge", `{"alpha": 3}`, "solver: nesterov, learning_rate_init: 0.05", 0, 0, 3, 1}, // not implicit
	} {
		t.Run(tt.learner+tt.params, func(t *testing.T) {
			d := stretched(90, tt.classes)
			settings := converge
			if strings.Contains(tt.more, "learning_rate_init") {
				_, settings, _ = strings.Cut(converge, ", ")
			}
			if strings.Contains(tt.more, "standardize") { // the steps fit the scale of the features
				d = mastertest.ToyRows(90, tt.classes)
				d.X.Apply(func(_, j int, v float64) float64 { return []float64{v, (v - 50) / 20, 100 * v}[j] }, d.X)
			}
			if tt.more != "" {
				settings += ", " + tt.more
			}
			c := server{learner: tt.learner, params: tt.params, settings: settings}.start(t, mastertest.Split(d, 2)...)
			c.Fit()
			p := c.parameters(true)
			grad := make([]float64, len(p))
			for i := range d.Len() {
				row := append(slices.Clone(d.X.RawRowView(i)), 1)
				residual := floats.Dot(row, p) - d.Y[i]
				if tt.classes == 2 {
					residual = 1/(1+math.Exp(-floats.Dot(row, p))) - d.Y[i]
				}
				floats.AddScaled(grad, residual, row)
			}
			scale := tt.scale
			if scale == 0 {
				scale = 1 / float64(d.Len())
			}
			floats.Scale(scale, grad)
			for j, w := range p[:len(p)-1] {
				grad[j] += tt.l2 * w
				if w == 0 {
					grad[j] = max(math.Abs(grad[j])-tt.l1, 0)
				} else {
					grad[j] += math.Copysign(tt.l1, w)
				}
			}
			if norm := floats.Norm(grad, 2); norm > 1e-6 {
				t.Errorf("at %v the gradient of the learner's own objective is %v", p, grad)
			}
		})
	}
}

// What a learner's parameters say of training counts as if the section said it, in the section's units.
func TestParameterServerFollowsParameters(t *testing.T) {
	d := mastertest.ToyRows(60, 2)
	parts := mastertest.Split(d, 3) // of which the largest has 30 rows
	for _, tt := range []struct {
		name             string
		params, settings string // of sgd-classifier, which follows its parameters
		same             string // settings of one without parameters
	}{
		{"penalty", `{"penalty": "elasticnet", "alpha": 0.2, "l1_ratio": 0.3}`, "max_iter: 40", "penalty: elasticnet, alpha: 0.2, l1_ratio: 0.3, max_iter: 40"},
		{"rate", `{"eta0": 0.7, "learning_rate": "invscaling", "power_t": 0.6}`, "max_iter: 40",
			"learning_rate_init: 0.7, learning_rate: invscaling, power_t: 0.6, max_iter: 40"},
		{"epochs", `{"max_iter": 3, "batch_size": 5}`, "mode: minibatch", "mode: minibatch, batch_size: 5, max_iter: 18"},
		{"rounds", `{"max_iter": 6}`, "mode: local, local_epochs: 4", "mode: local, local_epochs: 4, max_iter: 2"},
		{"stopping", `{"early_stopping": true, "validation_fraction": 0.3, "n_iter_no_change": 2}`, "max_iter: 80",
			"early_stopping: true, validation_fraction: 0.3, n_iter_no_change: 2, max_iter: 80"},
		{"scale", `{"standardize": false}`, "max_iter: 20", "standardize: false, max_iter: 20"},
		{"the section is stronger", `{"alpha": 5, "eta0": 9}`, "alpha: 0.1, eta0: 0.3, max_iter: 20", "alpha: 0.1, learning_rate_init: 0.3, max_iter: 20"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			follows := server{learner: "sgd-classifier", params: tt.params, settings: tt.settings}.start(t, parts...)
			says := server{learner: "sgd-classifier", settings: tt.same}.start(t, parts...)
			a, b := follows.Fit(), says.Fit()
			if a.Training.Steps != b.Training.Steps {
				t.Errorf("%d steps, as the section's %d", a.Training.Steps, b.Training.Steps)
			}
			if got, want := follows.parameters(false), says.parameters(false); !slices.Equal(got, want) {
				t.Errorf("parameters %v, with the section %v", got, want)
			}
		})
	}
}

// sgd's tol is a share of the first loss, that of the section is a loss: log 2 is the first one here.
func TestParameterServerFollowsRelativeTolerance(t *testing.T) {
	parts := mastertest.Split(mastertest.ToyRows(60, 2), 2)
	follows := server{learner: "sgd-classifier", params: `{"tol": 0.01}`}.start(t, parts...)
	says := server{learner: "sgd-classifier", settings: fmt.Sprintf("tol: %v", 0.01*math.Ln2)}.start(t, parts...)
	if a, b := follows.Fit().Training, says.Fit().Training; a.Steps != b.Steps || a.Stopped != api.StopNoChange {
		t.Errorf("stopped by %s after %d steps, with the section after %d", a.Stopped, a.Steps, b.Steps)
	}
}

// A network's alpha is beside the sum of the losses of a step's rows, and its learning rate goes by epochs.
func TestParameterServerFollowsNetwork(t *testing.T) {
	parts := mastertest.Split(mastertest.ToyRows(60, 2), 3)
	const layers = `"hidden_layer_sizes": [4]`
	for _, tt := range []struct{ params, settings, same string }{
		{`"alpha": 6`, "mode: full, max_iter: 5, solver: nesterov", "alpha: 0.1, max_iter: 5, solver: nesterov"},
		{`"alpha": 6, "batch_size": 10`, "mode: minibatch, max_iter: 4, solver: adam", "mode: minibatch, batch_size: 10, alpha: 0.2, max_iter: 4, solver: adam"},
		{`"solver": "adam", "learning_rate_init": 0.02, "beta_1": 0.8, "epsilon": 1e-6, "max_iter": 3`, "",
			"solver: adam, learning_rate_init: 0.02, beta_1: 0.8, solver_epsilon: 1e-6, max_iter: 3"},
		{`"learning_rate": "step", "step_size": 2, "gamma": 0.1, "batch_size": 10, "max_iter": 4`, "mode: minibatch",
			"mode: minibatch, batch_size: 10, learning_rate: step, step_size: 6, gamma: 0.1, max_iter: 12"},
	} {
		follows := server{learner: "mlp-classifier", params: "{" + layers + ", " + tt.params + "}", settings: tt.settings}.start(t, parts...)
		says := server{learner: "mlp-classifier", params: "{" + layers + "}", settings: tt.same}.start(t, parts...)
		a, b := follows.Fit().Training, says.Fit().Training
		mastertest.CloseTo(t, "losses of "+tt.params, a.Loss, b.Loss, 1e-12)
	}
}

// What no solver here can do is refused when the master starts.
func TestParameterServerRefusesAnObjective(t *testing.T) {
	text := "master: parameter-server\nlearner: lasso\nparams: {alpha: 1}\nworkers: 1\nparameter_server: {solver: adam}\n"
	cfg, err := config.Parse("chimera.yaml", []byte(text), config.Options{Catalogue: registry.Default})
	if err != nil {
		t.Fatal(err)
	}
	setup := room.Setup{Config: cfg, Registry: registry.Default, Workers: []room.Endpoint{{Name: "worker1", URL: "http://127.0.0.1:1"}}}
	_, err = room.NewServer(master.New(), setup)
	if err == nil || !strings.Contains(err.Error(), "the penalty of lasso is on absolute values (l1), whose minimum the solver adam does not find") {
		t.Errorf("it says %v", err)
	}
}
