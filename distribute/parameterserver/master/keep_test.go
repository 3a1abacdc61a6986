package master_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/parameterserver/master"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
)

// storeIn opens a store of models.
func storeIn(t *testing.T, dir string) *models.Store {
	t.Helper()
	bucket, err := models.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return models.NewStore(bucket)
}

// served is everything that a model says of itself and of rows.
func (c *cluster) served(request string) string {
	c.T.Helper()
	status, coefficients := c.Send(http.MethodGet, api.PathCoefficients, "", "")
	if status != http.StatusOK {
		c.T.Fatalf("coefficients: %d %s", status, coefficients)
	}
	p, err := json.Marshal(c.Predict(request))
	if err != nil {
		c.T.Fatal(err)
	}
	return coefficients + "\n" + string(p)
}

// A stored model is in service as soon as a master starts, without any worker, and answers to the bit as before.
func TestAStoredModelServesWithoutWorkers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		classes  int
		learner  string
		params   string
		settings string
	}{
		{"standardised", 0, "sgd-regressor", "", ""},
		{"three classes, not standardised", 3, "sgd-classifier", "", "standardize: false, eta0: 0.001"},
		{"a network", 2, "mlp-classifier", `{"hidden_layer_sizes": [5, 3]}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows := mastertest.ToyRows(40, tt.classes)
			s := server{learner: tt.learner, params: tt.params, settings: "max_iter: 5, n_iter_no_change: 0, " + tt.settings}
			c := s.workers(t, mastertest.Split(rows, 2)...)
			c.Models = storeIn(t, t.TempDir())
			s.over(c)
			fit := c.Fit()
			want := c.served(mastertest.Request(rows))
			for _, w := range c.Workers {
				w.Kill()
			}
			s.over(c)
			if got := c.served(mastertest.Request(rows)); got != want {
				t.Errorf("after the restart: %s\nbefore: %s", got, want)
			}
			if st := c.Status(); st.FitID != fit.FitID || !st.Fitted {
				t.Errorf("%+v", st)
			}
			manifest, err := c.Models.Get(t.Context(), fit.FitID)
			if err != nil || len(manifest.Parts) != 1 || manifest.Parts[0].Name != "master" || manifest.Report.Training.Steps != 5 ||
				manifest.Workers[0].Rows != 13 {
				t.Errorf("%+v, %v", manifest, err)
			}
		})
	}
}

// Rows with texts are prepared by a stored model as by the one that was fitted.
func TestAStoredModelPreparesRows(t *testing.T) {
	t.Parallel()
	rows, targets := mastertest.Mixed(60, true)
	c := mixed(t, "logistic-regression", "max_iter: 4, n_iter_no_change: 0", mastertest.MixedShards(rows, targets, 2))
	over := func() {
		c.Over(master.New())
		c.Serve("master: parameter-server\nlearner: logistic-regression\nworkers: [{name: w1}, {name: w2}]\n"+
			"parameter_server: {max_iter: 4, n_iter_no_change: 0}\n", registry.Default)
	}
	c.Models = storeIn(t, t.TempDir())
	over()
	c.Fit()
	want := c.served(mastertest.MixedRequest(rows))
	over()
	if got := c.served(mastertest.MixedRequest(rows)); got != want {
		t.Errorf("after the restart: %s\nbefore: %s", got, want)
	}
}

// A model that is not one of chimera.yaml, or not what was stored, is not served, and says why when it is asked to be. A fit
// works all the same.
func TestAStoredModelThatIsAnother(t *testing.T) {
	t.Parallel()
	rows := mastertest.ToyRows(40, 2)
	s := server{learner: "sgd-classifier", params: `{"loss": "log_loss", "max_iter": 4}`, settings: "n_iter_no_change: 0, max_iter: 4"}
	c := s.workers(t, mastertest.Split(rows, 2)...)
	dir := t.TempDir()
	c.Models = storeIn(t, dir)
	s.over(c)
	fit := c.Fit()
	part := filepath.Join(dir, fit.FitID, "parts", "master")
	text, err := os.ReadFile(part)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name            string
		learner, params string
		part            []byte
		served          bool
	}{
		{"the same", s.learner, s.params, text, true},
		{"the default of a parameter written out", s.learner, `{"loss": "log_loss", "fit_intercept": true, "max_iter": 4}`, text, true},
		{"a parameter of the training", s.learner, `{"loss": "log_loss", "max_iter": 5}`, text, true},
		{"another parameter", s.learner, `{"loss": "hinge"}`, text, false},
		{"another learner", "mlp-classifier", "", text, false},
		{"a damaged part", s.learner, s.params, text[:len(text)-1], false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mastertest.Write(t, part, string(tt.part))
			other := s
			other.learner, other.params = tt.learner, tt.params
			other.over(c)
			if st := c.Status(); st.Fitted != tt.served {
				t.Errorf("served: %t", st.Fitted)
			}
		})
	}
	if _, err := wire.Decode(text, nil); err != nil {
		t.Errorf("a part is a frame: %v", err)
	}
	mastertest.Write(t, part, strings.Repeat("x", len(text)))
	s.over(c)
	if again := c.Fit(); again.FitID == fit.FitID || !c.Status().Fitted {
		t.Errorf("%+v", again)
	}
}

// A disk that fills up fails the fit, whatever it was that could not be written, and leaves nothing of its model: the one before
// serves, also after a restart.
func TestAFullDiskKeepsTheOldModel(t *testing.T) {
	t.Parallel()
	rows := mastertest.ToyRows(40, 2)
	s := server{learner: "sgd-classifier", params: `{"loss": "log_loss"}`, settings: "max_iter: 4, n_iter_no_change: 0"}
	c := s.workers(t, mastertest.Split(rows, 2)...)
	bucket := mastertest.OpenBucket(t, t.TempDir())
	c.Models = models.NewStore(bucket)
	s.over(c)
	first := c.Fit().FitID
	want := c.served(mastertest.Request(rows))
	for _, failing := range []string{"parts/master", "manifest.json", "serving.json"} { // records of earlier fits are written too, at any time
		bucket.Before(func(_ context.Context, name string) error {
			if strings.HasSuffix(name, failing) {
				return errors.New("no space left on device: " + name)
			}
			return nil
		})
		if p := c.Problem(c.Paths().Fit, "", http.StatusInsufficientStorage); p.Code != api.CodeNotStored {
			t.Errorf("%s: %+v", failing, p)
		}
		bucket.Before(nil)
		if got := c.served(mastertest.Request(rows)); got != want {
			t.Errorf("%s: %s\nbefore: %s", failing, got, want)
		}
		all, err := c.Models.List(t.Context())
		if at, servingErr := c.Models.Serving(t.Context()); err != nil || servingErr != nil || len(all) != 1 || all[0].ID != first || at != first {
			t.Errorf("%s: %d models, %s serves: %v", failing, len(all), at, errors.Join(err, servingErr))
		}
	}
	s.over(c)
	if got := c.served(mastertest.Request(rows)); got != want {
		t.Errorf("after a restart: %s\nbefore: %s", got, want)
	}
}
