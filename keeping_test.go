package chimera_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gochimera/chimera"
	"github.com/gochimera/chimera/config"
	"github.com/gochimera/chimera/masters"
)

// The first program of a project stores its models. A second one says in the answer of its fit who does.
func TestOneProgramStoresModels(t *testing.T) {
	dir := project(t, "")
	run := func(do func(context.Context, chimera.Up) error) error {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var stdout, stderr output
		err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(&stdout, &stderr),
			chimera.OnReady(func(ctx context.Context, up chimera.Up) error {
				defer cancel()
				return do(ctx, up)
			}))
		if err != nil {
			t.Log(stderr.String())
		}
		return err
	}
	lock := filepath.Join(dir, "chimera_models", ".lock")
	err := run(func(context.Context, chimera.Up) error {
		if _, err := os.Stat(lock); err != nil {
			return err
		}
		return run(func(ctx context.Context, up chimera.Up) error {
			answer, err := up.Master.Fit(ctx)
			want := fmt.Sprintf("The model is not stored: process %d on", os.Getpid())
			if err == nil && !slices.ContainsFunc(answer.Notes, func(n string) bool { return strings.HasPrefix(n, want) }) {
				err = fmt.Errorf("the notes are %q, want %s", answer.Notes, want)
			}
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(lock); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the lock after the end: %v", err)
	}
}

// A store that was asked for has to be usable before anything is started; none is none.
func TestAStoreThatWasAskedFor(t *testing.T) {
	for store, want := range map[string]string{
		"chimera.yaml": "models.store: models cannot be kept", "nowhere://bucket": "models.store: the model store nowhere://bucket", "none": "",
	} {
		dir := project(t, "models: {store: \""+store+"\"}\n")
		var stdout, stderr output
		ctx, cancel := context.WithCancel(t.Context())
		err := chimera.Run(masters.NewAggregation(), 0, chimera.WithProject(dir), chimera.WithContext(ctx), chimera.WithOutput(&stdout, &stderr),
			chimera.OnReady(func(context.Context, chimera.Up) error { cancel(); return nil }))
		cancel()
		var problems config.Errors
		switch {
		case want == "" && err == nil:
			if left, _ := filepath.Glob(filepath.Join(dir, "chimera_models")); len(left) > 0 {
				t.Errorf("there is %v", left)
			}
		case want == "" || !errors.As(err, &problems) || !strings.Contains(err.Error(), want) || problems[0].Line == 0:
			t.Errorf("%s: got %v, want %s", store, err, want)
		}
	}
}
