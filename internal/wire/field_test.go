package wire_test

import (
	"testing"

	"github.com/gochimera/chimera/internal/wire"
)

func TestField(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"after NaN", `{"X_pred_rows": [[NaN, 1]], "y_true": [1, "a"] }`, `[1, "a"]`},
		{"first", `{"y_true":[],"x":{"y_true":2}}`, `[]`},
		{"absent", `{"x":{"y_true":2}}`, ``},
		{"in an empty object", `{}`, ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := wire.Field([]byte(tt.body), "y_true")
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
	for _, body := range []string{``, `[]`, `{"y_true"`, `{"y_true":1`} {
		if _, err := wire.Field([]byte(body), "y_true"); err == nil {
			t.Errorf("%q: no error", body)
		}
	}
}
