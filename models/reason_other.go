//go:build !windows

package models

// systemRemedies are about what a system says in its own numbers.
var systemRemedies []remedy
