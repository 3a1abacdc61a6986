// Package openapi tries the documents that masters have of their own operations, as somebody would use them: a client is generated from
// one by oapi-codegen, compiled, and talks to a running master. It is a module of its own, so that nothing else needs the generator.
package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/oapi-codegen/nullable" // what is generated needs them
	_ "github.com/oapi-codegen/runtime"

	"github.com/gochimera/chimera/api"
	aggregation "github.com/gochimera/chimera/distribute/aggregation/master"
	"github.com/gochimera/chimera/distribute/parameterserver"
	psmaster "github.com/gochimera/chimera/distribute/parameterserver/master"
	"github.com/gochimera/chimera/distribute/pipeline"
	pipelinemaster "github.com/gochimera/chimera/distribute/pipeline/master"
	"github.com/gochimera/chimera/internal/mastertest"
	_ "github.com/gochimera/chimera/learner/mlp"
	_ "github.com/gochimera/chimera/learner/tree"
	"github.com/gochimera/chimera/masters/cluster"
	"github.com/gochimera/chimera/models"
	"github.com/gochimera/chimera/registry"
	"github.com/gochimera/chimera/workers"
)

// start starts a master with three workers in this process, and a store of models.
func start(t *testing.T, kind cluster.Master, role, learner string) *mastertest.Cluster {
	t.Helper()
	c := mastertest.New(t, kind)
	bucket, err := models.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c.Dir, c.Models = t.TempDir(), models.NewStore(bucket)
	list := ""
	for i, rows := range mastertest.Split(mastertest.ToyRows(120, 3), 3) {
		dir := t.TempDir()
		mastertest.WriteShard(t, dir, "", rows)
		spec := workers.Spec{Name: fmt.Sprintf("worker%d", i+1), Role: role, Project: "test", Learner: learner, Seed: uint64(i)}
		c.Add(spec.Name, mastertest.Made(t, spec, registry.Default, dir))
		list += fmt.Sprintf("  - {name: %s}\n", spec.Name)
	}
	c.Serve(fmt.Sprintf("master: %s\nlearner: %s\nworkers:\n%s", kind.Kind(), learner, list), registry.Default)
	return c
}

// generate makes a client of a master's document, and a file that places it in a package of testdata for go's -overlay.
func generate(t *testing.T, c *mastertest.Cluster, form, folder, pkg string) (overlay string) {
	t.Helper()
	dir := t.TempDir()
	_, text := c.Send("GET", "/"+form, "", "")
	document, client := filepath.Join(dir, form), filepath.Join(dir, "client.go")
	mastertest.Write(t, document, text)
	run(t, "go", "tool", "oapi-codegen", "-generate", "types,client", "-package", pkg, "-o", client, document)
	at, err := filepath.Abs(filepath.Join("testdata", folder, "client.go"))
	if err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{at: client}})
	if err != nil {
		t.Fatal(err)
	}
	overlay = filepath.Join(dir, "overlay.json")
	mastertest.Write(t, overlay, string(replace))
	return overlay
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &errs)
	}
	return string(out)
}

// A generated client understands a whole conversation: numbers to the last bit, problems by their codes.
func TestGeneratedClientTalks(t *testing.T) {
	c := start(t, aggregation.New(), workers.ModelRole, "tree-classifier")
	program := filepath.Join(t.TempDir(), "talk")
	run(t, "go", "build", "-overlay", generate(t, c, "openapi.json", "talk", "main"), "-o", program, "./testdata/talk")
	rows := mastertest.ToyRows(120, 3)
	request := mastertest.Request(rows)
	truth, err := json.Marshal(rows.Y)
	if err != nil {
		t.Fatal(err)
	}
	scored := strings.TrimSuffix(request, "}") + `,"y_true":` + string(truth) + "}"
	got := mastertest.Decode[struct {
		Before, Fit, Serving, Column, Run, Refused, Fault string
		Workers, Models                                   int
		Proba                                             [][]float64
		Accuracy, Drop                                    float64
	}](t, run(t, program, c.Master.URL, scored))
	id := c.Status().FitID
	if id == "" || got.Fit != id || got.Serving != id || got.Run != id || got.Workers != 3 || got.Models != 1 {
		t.Errorf("the fit is %s: %+v", id, got)
	}
	if got.Before != string(api.CodeNotFitted) || got.Refused != string(api.CodeInvalidRequest) || got.Fault != "body.X_pred_columns" {
		t.Errorf("problems before the fit and of a missing column: %q, %q at %q", got.Before, got.Refused, got.Fault)
	}
	if want := c.Score(scored).Classification.Accuracy; got.Accuracy != want {
		t.Errorf("accuracy %v, want %v", got.Accuracy, want)
	}
	_, text := c.Post(api.PathPermutationImportance, scored)
	if want := mastertest.Decode[api.PermutationImportances](t, text).Columns[0]; got.Column != want.Column || got.Drop != want.Mean {
		t.Errorf("the importance of %s is %v, want %+v", got.Column, got.Drop, want)
	}
	want := c.Predict(request).Proba
	n, classes := want.Dims()
	if len(got.Proba) != n {
		t.Fatalf("%d rows, want %d", len(got.Proba), n)
	}
	for i, p := range got.Proba {
		for k := range classes {
			if p[k] != want.At(i, k) {
				t.Errorf("row %d, class %d: %v, want %v", i, k, p[k], want.At(i, k))
			}
		}
	}
}

// A client can be generated of the documents of all masters, in both forms of OpenAPI, and compiles.
func TestGeneratedClientsCompile(t *testing.T) {
	for _, k := range []struct {
		kind          cluster.Master
		role, learner string
	}{{psmaster.New(), parameterserver.Role, "mlp-classifier"}, {pipelinemaster.New(), pipeline.Role, "mlp-classifier"}} {
		t.Run(k.kind.Kind(), func(t *testing.T) {
			run(t, "go", "vet", "-overlay", generate(t, start(t, k.kind, k.role, k.learner), "openapi-3.0.json", "alone", "alone"), "./testdata/alone")
		})
	}
}
