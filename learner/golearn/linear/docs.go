//go:build cgo

package linear

// What parameters are, where a doc tag would make its line too long.

// Docs says what each parameter is.
func (Params) Docs() map[string]string {
	return map[string]string{
		"max_rows": "more training rows than these are refused, each counted as often as it weighs; memory grows with their square",
	}
}
