package setting_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gochimera/chimera/internal/setting"
)

func TestUnsupported(t *testing.T) {
	items := map[string]any{"anyOf": []any{map[string]any{"format": "date"}, map[string]any{"type": "string"}}}
	schema := map[string]any{"type": "array", "multipleOf": 2, "items": items}
	if diff := cmp.Diff([]string{"format", "multipleOf"}, setting.Unsupported(schema)); diff != "" {
		t.Error(diff)
	}
}
