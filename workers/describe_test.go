package workers

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/gochimera/chimera/learner/dummy"
	"github.com/gochimera/chimera/registry"
)

const dummy = "dummy-regressor"

func folder(t *testing.T, x, y string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"X_train.csv": x, "y_train.csv": y} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDescribe(t *testing.T) {
	var out bytes.Buffer
	spec := Spec{Name: "w", Role: ModelRole, Learner: dummy, Params: `{"strategy":"nonsense","colour":1}`, ConfigHash: "abc"}
	if err := describe(spec, &out); err != nil {
		t.Fatal(err)
	}
	var d Description
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.Learner == nil || d.Learner.Name != dummy || len(d.Params) != 2 || d.Params[0].Param != "colour" || d.ConfigHash != "abc" || d.Problem == "" {
		t.Errorf("got %+v", d)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		spec Spec
		says string
	}{
		"unknown learner":   {Spec{Role: ModelRole, Learner: "dummy-regresor"}, "dummy-regresor"},
		"bad parameter":     {Spec{Role: ModelRole, Learner: dummy, Params: `{"strategy":"nonsense"}`}, "strategy"},
		"unknown role":      {Spec{Role: "chef", Learner: dummy}, `this program links "model", "sgd", "stage"`},
		"without gradient":  {Spec{Role: SGDRole, Learner: dummy}, "it has no gradient"},
		"without layers":    {Spec{Role: StageRole, Learner: dummy}, "it has no layers to cut"},
		"unreadable faults": {Spec{Role: ModelRole, Learner: dummy, Faults: "{"}, "its faults cannot be read"},
	} {
		if _, err := New(tt.spec, registry.Default, Options{}); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
