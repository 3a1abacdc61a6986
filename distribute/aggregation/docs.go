package aggregation

// Docs documents each setting.
func (Settings) Docs() map[string]string {
	return map[string]string{
		"combine": "how the workers' predictions are combined; vote is for classifiers",
		"quorum":  "number of workers that must answer for a fit or a prediction to succeed",
	}
}
