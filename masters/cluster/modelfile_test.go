package cluster_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/internal/mastertest"
	"github.com/gochimera/chimera/models"
)

// exported is a stored model as one file.
func exported(c *mastertest.Cluster, id string) []byte {
	c.T.Helper()
	var file bytes.Buffer
	if err := callerOf(c).ExportModel(c.T.Context(), id, &file); err != nil {
		c.T.Fatal(err)
	}
	return file.Bytes()
}

// imported sends a file, whose answer must have a code; empty if it is taken in.
func imported(c *mastertest.Cluster, file []byte, code api.Code) (*models.Detail, bool, *api.Problem) {
	c.T.Helper()
	m, isNew, err := callerOf(c).ImportModel(c.T.Context(), bytes.NewReader(file), int64(len(file)))
	var p *api.Problem
	if errors.As(err, &p) && p.Code == code || code == "" && err == nil {
		return m, isNew, p
	}
	c.T.Fatalf("got %v, want %q", err, code)
	return nil, false, nil
}

// A model that leaves one store as a file answers the same in another, with its scores.
func TestAModelMovesAsOneFile(t *testing.T) {
	t.Parallel()
	from := keeping(t, &keeper{}, t.TempDir())
	first := from.Fit().FitID
	from.Fit()
	score := from.Score(`{"X_pred_columns":["a"],"X_pred_rows":[[1],[2]],"y_true":[1,3]}`)
	if err := callerOf(from).AttachScore(t.Context(), "held out", &score); err != nil {
		t.Fatal(err)
	}
	second := score.FitID
	if file := exported(from, "latest"); !bytes.Equal(file, exported(from, second)) || !bytes.Contains(file[:200], []byte("manifest.json")) {
		t.Error("the same model makes other files, or the manifest is not first")
	}
	to := keeping(t, &keeper{}, t.TempDir())
	own := to.Fit().FitID
	m, isNew, _ := imported(to, exported(from, second), "")
	if !isNew || m.Manifest.ID != second || m.Serving || len(m.Scores) != 1 || m.Scores[0].Name != "held out" {
		t.Errorf("got %t, %+v", isNew, m)
	}
	if serving := to.Status().FitID; serving != own {
		t.Errorf("%s is in service", serving)
	}
	ask[api.ServeResponse](to, http.MethodPost, modelPath(second, "/serve"), "", 200)
	if number(to) != 2 || !bytes.Equal(exported(to, second), exported(from, second)) {
		t.Error("it is another model")
	}
	if _, isNew, _ := imported(to, exported(from, second), ""); isNew {
		t.Error("it is new again")
	}
	_, _, _ = imported(to, exported(from, first), "")
	if list := ask[models.Listing](to, http.MethodGet, api.PathModels, "", 200).Models; len(list) != 3 {
		t.Errorf("got %d models", len(list))
	}
}

// What is not whole, or not the model that it says, is refused, and leaves nothing; so is what is too large.
func TestUploadsAreChecked(t *testing.T) {
	t.Parallel()
	c := keeping(t, &keeper{}, t.TempDir())
	id := c.Fit().FitID
	file := exported(c, id)
	part := bytes.Index(file, []byte("parts/master")) + len("parts/master")
	damaged := bytes.Clone(file)
	damaged[part+12] ^= 1 // behind the extra field of the entry
	other := keeping(t, &keeper{}, t.TempDir())
	for name, body := range map[string][]byte{"cut off": file[:len(file)-1], "no zip": []byte("no zip"), "empty": {}, "damaged": damaged} {
		if _, _, p := imported(other, body, api.CodeModelDamaged); p.Detail == "" {
			t.Errorf("%s: no reason", name)
		}
	}
	if list := ask[models.Listing](other, http.MethodGet, api.PathModels, "", 200); len(list.Models)+len(list.Damaged) != 0 {
		t.Errorf("they left %+v", list)
	}
	large := bytes.Repeat([]byte{0}, 1<<20+1)
	_, _, _ = imported(other, large, api.CodeBodyTooLarge)
	_, _, err := callerOf(other).ImportModel(t.Context(), io.MultiReader(bytes.NewReader(large)), -1) // its length is not announced
	var p *api.Problem
	if !errors.As(err, &p) || p.Code != api.CodeBodyTooLarge || !strings.Contains(p.Detail, "limits.max_model") {
		t.Errorf("got %v", err)
	}
	if status, text := other.Send(http.MethodPost, api.PathModels, "application/json", "{}"); status != http.StatusUnsupportedMediaType {
		t.Errorf("JSON: %d %s", status, text)
	}

	// a model of the same ID that is another one
	m, err := c.Models.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	draft, err := other.Models.Draft(id)
	if err == nil {
		m.Parts[0], err = draft.Write(t.Context(), "master", func(w io.Writer) error { _, err := w.Write(make([]byte, 8)); return err })
	}
	if err == nil {
		err = draft.Commit(t.Context(), m)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, _, p := imported(other, file, api.CodeModelExists); p.FitID != id {
		t.Errorf("got %+v", p)
	}
}

// A stored model that is damaged is not sent as if it were whole.
func TestADamagedModelIsNotSent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := keeping(t, &keeper{}, dir)
	id := c.Fit().FitID
	part := filepath.Join(dir, id, "parts", "master")
	if err := os.Chmod(part, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(part, []byte("12345678"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(c, http.MethodGet, modelPath(id, "/file"), api.CodeModelDamaged)
	c.Fit()
	if p := refused(c, http.MethodPost, modelPath(id, "/serve"), api.CodeModelDamaged); !strings.Contains(p.Detail, part) {
		t.Error(p.Detail)
	}
}
