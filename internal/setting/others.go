package setting

// Failure is a rule that a field does not meet.
type Failure struct {
	Name  string // of the field; with an index for an item
	Path  string // of the field within the struct; with an index for an item
	Rule  string
	Value any
}

// others checks rules that this package does not know.
var others func(r Reader, params any) []Failure

// CheckOthersWith sets the function that checks the rules that this package does not know. It
// is called in the init function of a package that links package validator, and
// is given pointers to structs, and the reader that reads them.
func CheckOthersWith(check func(r Reader, params any) []Failure) { others = check }

// ChecksOthers reports whether there is such a check in this program.
func ChecksOthers() bool { return others != nil }

// CheckOthers checks the rules of a struct that this package does not know, and
// may report those that it does know too.
func CheckOthers(r Reader, params any) []Failure { return others(r, params) }
