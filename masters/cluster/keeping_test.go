package cluster_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/models"
)

// A damaged file that says which model is in service hinders neither a fit nor a roll back, and is whole afterwards; what fails
// meanwhile leaves the model that serves.
func TestWhatIsInServiceCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := keeping(t, &keeper{}, dir)
	first := c.Fit().FitID
	damage := func() {
		t.Helper()
		mastertest.Write(t, filepath.Join(dir, "serving.json"), "{")
		if _, err := c.Models.Serving(t.Context()); err == nil {
			t.Fatal("it can be read: nothing is tested")
		}
	}
	serves := func(want string) {
		t.Helper()
		if id, err := c.Models.Serving(t.Context()); err != nil || id != want {
			t.Errorf("after a restart %s would serve, want %s: %v", id, want, err)
		}
	}
	damage()
	second := c.Fit().FitID
	serves(second)
	damage()
	ask[api.ServeResponse](c, http.MethodPost, modelPath(first, "/serve"), "", 200)
	serves(first)
	damage()
	ask[api.ServeResponse](c, http.MethodPost, modelPath(first, "/serve"), "", 200) // it serves already
	serves(first)
	damage()
	c.Stop()
	c = keeping(t, &keeper{}, dir)
	if c.Status().Fitted {
		t.Error("a model is in service, although nothing says which")
	}
	ask[api.ServeResponse](c, http.MethodPost, modelPath(second, "/serve"), "", 200)
	serves(second)
}

var errDisk = errors.New("the disk has failed")

// once fails the first time that an object is written whose name ends so, and calls what is given then.
func once(suffix string, do func(context.Context) error) mastertest.BucketHook {
	var met atomic.Bool
	return func(ctx context.Context, name string) error {
		if strings.HasSuffix(name, suffix) && met.CompareAndSwap(false, true) {
			return do(ctx)
		}
		return nil
	}
}

func fails(context.Context) error { return errDisk }

// onBucket is a cluster with a keeper, and the store in a folder that can fail.
func onBucket(t *testing.T) (*mastertest.Cluster, *mastertest.Bucket) {
	t.Helper()
	b := mastertest.OpenBucket(t, t.TempDir())
	c := mastertest.New(t, &keeper{})
	c.Dir, c.Models = t.TempDir(), models.NewStore(b)
	c.Add("w1", http.NotFoundHandler)
	c.Serve("workers: [{name: w1, learner: mean}]\n", c.Registry())
	return c, b
}

// Each part that is stored brings the fit further, so that it is not given up if program after program ends.
func TestStoredPartsAreProgress(t *testing.T) {
	t.Parallel()
	c, b := onBucket(t)
	var recorded []string
	b.After(once("manifest.json", func(context.Context) (err error) {
		recorded, err = filepath.Glob(filepath.Join(c.Dir, "chimera_checkpoints", "*", "*", "parts", "*"))
		return err
	}))
	c.Fit()
	if len(recorded) != 1 {
		t.Errorf("when one part is stored, the fit's folder records %v", recorded)
	}
}

// A fit that fails, or is cancelled, when its model has been stored whole leaves nothing of it: the one before is the latest, and
// the one in service after a restart.
func TestAFitThatFailsAfterItsModelIsStored(t *testing.T) {
	t.Parallel()
	c, b := onBucket(t)
	first := c.Fit().FitID
	for _, tt := range []struct {
		name          string
		before, after mastertest.BucketHook
		code          api.Code
	}{
		{"which one serves cannot be written", once("serving.json", fails), nil, api.CodeNotStored},
		{"which one serves is written, but not known to be on the disk", nil, once("serving.json", fails), api.CodeNotStored},
		{"the manifest is written, but not known to be on the disk", nil, once("manifest.json", fails), api.CodeNotStored},
		{"cancelled once the manifest is written", nil, once("manifest.json", func(context.Context) error {
			if status, text := c.Send(http.MethodDelete, api.PathFit, "", ""); status != http.StatusAccepted {
				t.Errorf("status %d: %s", status, text)
			}
			return nil
		}), api.CodeFitCancelled},
	} {
		b.Before(tt.before)
		b.After(tt.after)
		refused(c, http.MethodPost, c.Paths().Fit, tt.code)
		b.Before(nil)
		b.After(nil)
		all, err := c.Models.List(t.Context())
		if err != nil || len(all) != 1 || all[0].ID != first {
			t.Errorf("%s: %d models are stored: %v", tt.name, len(all), err)
		}
		if id, err := c.Models.Serving(t.Context()); err != nil || id != first {
			t.Errorf("%s: after a restart %s would serve, want %s: %v", tt.name, id, first, err)
		}
		if id := ask[models.Detail](c, http.MethodGet, modelPath("latest"), "", 200).Manifest.ID; id != first || number(c) != 1 {
			t.Errorf("%s: the latest is %s, and %v answers", tt.name, id, number(c))
		}
	}
}

// A roll back that cannot be recorded is none, also after a restart.
func TestARollBackThatIsNotRecorded(t *testing.T) {
	t.Parallel()
	c, b := onBucket(t)
	first, second := c.Fit().FitID, c.Fit().FitID
	b.After(once("serving.json", fails))
	refused(c, http.MethodPost, modelPath(first, "/serve"), api.CodeNotStored)
	if id, err := c.Models.Serving(t.Context()); err != nil || id != second || number(c) != 2 {
		t.Errorf("%v answers; after a restart %s would serve, want %s: %v", number(c), id, second, err)
	}
	if all, err := c.Models.List(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("%d models are stored: %v", len(all), err)
	}
}

// A program that ends when it has stored a fit's model whole leaves it to the next, which serves it.
func TestAFitThatTheProgramsEndInterruptsAfterItsModelIsStored(t *testing.T) {
	t.Parallel()
	c, b := onBucket(t)
	c.Fit()
	ended := make(chan struct{})
	b.After(once("manifest.json", func(ctx context.Context) error {
		go func() {
			defer close(ended)
			c.Server.Close()
		}()
		<-ctx.Done()
		return nil
	}))
	id := ask[api.FitResponse](c, http.MethodPost, c.Paths().Fit+"?wait=false", "", 202).FitID
	<-ended
	c.Over(&keeper{})
	c.Serve("workers: [{name: w1, learner: mean}]\n", c.Registry())
	if st := c.Status(); st.FitID != id || number(c) != 2 {
		t.Errorf("%s serves, want %s", st.FitID, id)
	}
}

// The model of a fit is not removed before its fit has ended, although it is stored whole and nothing says yet that it serves.
func TestTheModelOfARunningFitIsNotRemoved(t *testing.T) {
	t.Parallel()
	c, b := onBucket(t)
	c.Fit()
	b.After(once("manifest.json", func(context.Context) error {
		if status, text := c.Send(http.MethodDelete, modelPath("latest"), "", ""); status != http.StatusConflict || !strings.Contains(text, "the fit that runs") {
			t.Errorf("status %d: %s", status, text)
		}
		return nil
	}))
	id := c.Fit().FitID
	c.Over(&keeper{})
	c.Serve("workers: [{name: w1, learner: mean}]\n", c.Registry())
	if st := c.Status(); st.FitID != id || number(c) != 2 {
		t.Errorf("%q serves, want %s", st.FitID, id)
	}
}

// A model that is removed when it has been found, and before it is on its way into service, is not there.
func TestAModelThatIsRemovedBeforeItServes(t *testing.T) {
	t.Parallel()
	c, b := onBucket(t)
	first, second := c.Fit().FitID, c.Fit().FitID
	b.Opened(once(first+"/manifest.json", func(context.Context) error {
		if status, text := c.Send(http.MethodDelete, modelPath(first), "", ""); status != http.StatusNoContent {
			t.Errorf("status %d: %s", status, text)
		}
		return nil
	}))
	refused(c, http.MethodPost, modelPath(first, "/serve"), api.CodeNotFound)
	if job := c.Status().Fit; job.FitID != second || job.Serve {
		t.Errorf("there was a job: %+v", job)
	}
	if id, err := c.Models.Serving(t.Context()); err != nil || id != second || number(c) != 2 {
		t.Errorf("%v answers; after a restart %s would serve, want %s: %v", number(c), id, second, err)
	}
}
