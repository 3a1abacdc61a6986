package aggregation

// Docs says what each setting is.
func (Settings) Docs() map[string]string {
	return map[string]string{
		"combine": "how the workers' predictions become one; vote is for classifiers",
		"quorum":  "workers that must have answered for a fit or a prediction to count",
	}
}
