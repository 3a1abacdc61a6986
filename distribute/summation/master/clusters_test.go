package master_test

import (
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/mixture"
	"github.com/gochimera/chimera/models"
)

// writeUntargeted writes rows without targets: there is no y_train.csv.
func writeUntargeted(t *testing.T, dir string, d learner.Dataset) {
	t.Helper()
	lines := []string{strings.Join(d.Features, ",")}
	for i := range d.Len() {
		lines = append(lines, mastertest.Numbers(d.X.RawRowView(i)))
	}
	mastertest.Write(t, filepath.Join(dir, "X_train.csv"), strings.Join(lines, "\n")+"\n")
}

// Clusters are those of one process with all rows, whether workers have targets beside their rows or not, and answers are
// their numbers. They are scored with and without groups to compare them with.
func TestClusters(t *testing.T) {
	t.Parallel()
	rows := mastertest.ToyRows(90, 3)
	params := `{"n_clusters": 2}`
	shards := mastertest.Split(rows, 3)
	shards[0].Y, shards[0].Classes = nil, nil
	s := server{learner: "kmeans", params: params}
	c := s.start(t, shards...)
	folder, err := models.OpenFolder(filepath.Join(t.TempDir(), "models"))
	if err != nil {
		t.Fatal(err)
	}
	c.Dir, c.Models = t.TempDir(), models.NewStore(folder)
	s.over(c)
	if p := c.Problem(c.Paths().Score, mastertest.Request(rows), http.StatusConflict); p.Code != api.CodeNotFitted {
		t.Errorf("rows without targets, scored before a fit: %+v", p)
	}
	fit := c.Fit()
	if fit.Rows != 90 || !slices.Equal(fit.Classes, []learner.Label{"0", "1"}) || fit.Training.Rounds < 3 || len(fit.Training.Loss) == 0 {
		t.Errorf("%+v, %+v", fit, fit.Training)
	}
	status, body := c.Post(c.Paths().Predict, mastertest.Request(rows))
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	answer := mastertest.Decode[api.PredictResponse](t, body)
	together := map[learner.Label]map[float64]int{}
	for i, label := range answer.Labels {
		if together[label] == nil {
			together[label] = map[float64]int{}
		}
		together[label][rows.Y[i]]++
	}
	t.Logf("rows of each class in each cluster: %v", together)
	if len(together) != 2 {
		t.Errorf("%d clusters are answered", len(together))
	}
	one := s.start(t, rows)
	one.Fit()
	want := one.answers(rows)
	if got := c.answers(rows); got != want {
		t.Errorf("three workers answer %.60s, one %.60s", got, want)
	}
	s.over(c) // which serves the stored model
	if got := c.answers(rows); got != want {
		t.Errorf("after a restart it answers %.60s, before %.60s", got, want)
	}
	alone := c.Score(mastertest.Request(rows))
	labelled := strings.TrimSuffix(mastertest.Request(rows), "}") + `,"y_true":[` + mastertest.Numbers(rows.Y) + "]}"
	scored := c.Score(labelled)
	m := alone.Clustering
	if m == nil || m.AdjustedRand != nil || m.Silhouette == nil || m.SilhouetteRows != 90 || alone.Task != learner.Clustering || alone.Rows != 90 {
		t.Fatalf("%+v, %+v", alone, m)
	}
	if loss := fit.Training.Loss[len(fit.Training.Loss)-1]; math.Abs(*m.Inertia/90-loss) > 1e-12*loss {
		t.Errorf("the inertia of the training rows is %v, and the loss was %v for each", *m.Inertia, loss)
	}
	if s := scored.Clustering; *s.Silhouette != *m.Silhouette || s.AdjustedRand == nil || *s.AdjustedRand < -1 || *s.AdjustedRand > 1 {
		t.Errorf("%+v", s)
	}
	found := mastertest.Decode[api.Structure](t, answered(c))
	if len(found.Clusters) != 2 || found.Clusters[0].Weight+found.Clusters[1].Weight != 90 || len(found.Clusters[1].Center) != len(found.Features) {
		t.Errorf("%+v", found)
	}
	if p := c.Problem(api.PathPermutationImportance, labelled, http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "is for clustering") {
		t.Errorf("%+v", p)
	}
}

// answered is what a master says that its model has found.
func answered(c *cluster) string {
	c.T.Helper()
	status, body := c.Send(http.MethodGet, api.PathStructure, "", "")
	if status != http.StatusOK {
		c.T.Fatalf("status %d: %s", status, body)
	}
	return body
}

// A mixture answers how probable each component is, as one process does, and is scored by that.
func TestMixture(t *testing.T) {
	t.Parallel()
	rows := mastertest.ToyRows(60, 3)
	s := server{learner: "gaussian-mixture", params: `{"n_components": 2, "max_iter": 5}`, more: "prepare: none\n"}
	c := s.start(t, mastertest.Split(rows, 3)...)
	c.Fit()
	alone, err := mixture.New(mixture.Params{NComponents: 2, MaxIter: 5, CovarianceType: mixture.Full, Tol: 1e-3, RegCovar: 1e-6},
		learner.Env{Seed: learner.Seed(0, "summation")})
	if err == nil {
		err = alone.Fit(t.Context(), rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	want, err := alone.PredictProba(t.Context(), rows.X)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Predict(mastertest.Request(rows)); !mat.Equal(got.Proba.Dense, want) {
		t.Errorf("three workers answer %.200v, one process %.200v", got, want)
	}
	density, err := alone.LogDensity(t.Context(), rows.X)
	if err != nil {
		t.Fatal(err)
	}
	score := c.Score(mastertest.Request(rows)).Clustering
	if score == nil || score.LogLikelihood == nil || math.Abs(*score.LogLikelihood-floats.Sum(density)/60) > 1e-12 {
		t.Errorf("%+v", score)
	}
}
