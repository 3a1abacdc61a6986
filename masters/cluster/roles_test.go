package cluster

import (
	"net/http"
	"testing"

	"github.com/gochimera/chimera/internal/access"
)

// TableOfRoles is the role of a pattern; listed reports whether somebody has decided it.
func TableOfRoles(kind, pattern, method string) (role access.Role, listed bool) {
	_, listed = roles[pattern]
	return roleOf(kind, pattern, method), listed
}

// What nobody has said anything of is not for everybody, and changes nothing for those who may only look.
func TestRolesOfTheUnknown(t *testing.T) {
	for _, tt := range []struct {
		pattern, method string
		want            access.Role
	}{
		{"", http.MethodGet, access.Predict},
		{"", http.MethodHead, access.Predict},
		{"", http.MethodPost, access.Admin},
		{"", "BREW", access.Admin},
		{"GET /v1/chimera/ring/secrets", http.MethodGet, access.Predict},
		{"PUT /v1/chimera/ring/secrets", http.MethodPut, access.Admin},
		{"POST /v1/chimera/ring/fit", http.MethodPost, access.Admin},
		{"POST /v1/chimera/ring/predict", http.MethodPost, access.Predict},
		{"POST /v1/chimera/ring/score", http.MethodPost, access.Predict},
		{"POST /v1/chimera/other/predict", http.MethodPost, access.Admin},
	} {
		if got := roleOf("ring", tt.pattern, tt.method); got != tt.want {
			t.Errorf("%s %q needs %q, want %q", tt.method, tt.pattern, got, tt.want)
		}
	}
}
