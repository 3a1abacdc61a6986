package access

import "fmt"

// Role is what a client may do.
type Role string

// The roles.
const (
	Open    Role = ""        // what needs no role: probes, and pages that say nothing of the project
	Predict Role = "predict" // ask for predictions, and look at what there is
	Admin   Role = "admin"   // all of that, and change what there is: fit, cancel, take in, serve and remove models
)

// Roles are those that a client can have.
var Roles = []Role{Predict, Admin}

// ParseRole reads a role that a client can have.
func ParseRole(text string) (Role, error) {
	switch r := Role(text); r {
	case Predict, Admin:
		return r, nil
	default:
		return Open, fmt.Errorf("want the role %s or %s", Predict, Admin)
	}
}

// May reports whether whoever has the role may do what needs another.
func (r Role) May(need Role) bool { return need == Open || r == need || r == Admin }
