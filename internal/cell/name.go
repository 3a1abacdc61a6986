package cell

import "strings"

// Name is the form in which column names are compared: without blanks around
// them and in lower case, as the Python package has it. " Age" is "age".
func Name(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
