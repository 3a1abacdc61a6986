package aggregation

// Docs documents each setting.
func (Settings) Docs() map[string]string {
	return map[string]string{
		"combine":        "how the workers' predictions are combined; vote is for classifiers",
		"quorum":         "number of workers that must answer for a fit or a prediction to succeed",
		"max_recoveries": "how many times a fit waits for workers that were lost, before it goes on without them",
		"recovery_timeout": "longest wait of a fit for a lost worker to come back; 0 means that it goes on without it if the quorum allows. Who cannot come " +
			"is not waited for: see the setting restart",
	}
}
