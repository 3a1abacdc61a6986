package config

// What settings are, where a doc tag would make its line too long.

// Docs says what each setting is.
func (Config) Docs() map[string]string {
	return map[string]string{
		"project":  "name of the project; containers and images carry it",
		"master":   "how the work is distributed; the program's own master must be of this kind",
		"launcher": "what starts the workers",
		"seed":     "seed of everything random; one seed, the same bits, unless `chimera validate` notes that a learner differs",
		"packages": "packages of your own that register learners, losses, kinds of distribution or launchers: import paths, or folders of this module such " +
			"as ./centroid",
		"learner":   "learner of every worker that names none",
		"params":    "parameters of that learner; a worker that names no learner of its own may change single ones",
		"bootstrap": "whether a worker draws its rows with replacement before it fits, unless the worker says otherwise",
		"workers":   "the workers, or their number: 4 is worker1 to worker4",
		"endpoints": "where workers listen and how patiently they are called",
		"limits":    "what masters and workers accept of a request",
		"restart":   "when a worker that ended by itself is started again, with launcher: process or docker",
		"network":   "the Docker network of the workers",
	}
}

// Docs says what each setting is.
func (Endpoints) Docs() map[string]string {
	return map[string]string{
		"host":          "host address that the workers' ports bind to; 0.0.0.0 is every network of this machine",
		"port":          "port of a worker inside its container",
		"timeout":       "longest wait for a worker's answer",
		"max_retries":   "how often a call to a worker is tried again",
		"start_timeout": "longest wait for a started worker to be healthy",
	}
}

// Docs says what each setting is.
func (Network) Docs() map[string]string {
	return map[string]string{
		"name":        "name of the network; unless it is given, the project's name is put before it",
		"prefix":      "first three numbers of its addresses; unless they are given, the next that are free",
		"subnet_mask": "bits of an address that name the network",
	}
}

// Docs says what each setting is.
func (Worker) Docs() map[string]string {
	return map[string]string{
		"name":       "name of the worker, its folder and its host; unique",
		"learner":    "what the worker learns with; a worker without any has a main of its own in chimera_workers",
		"params":     "the learner's parameters",
		"bootstrap":  "whether the worker draws its rows with replacement before it fits",
		"seed":       "seed of everything random in the worker",
		"weight":     "how much its predictions count with combine: weighted",
		"port":       "port on the host; 0 is any free one; unique",
		"url":        "where the worker already runs, with launcher: external; unique",
		"cpu_shares": "share of the processor when it is scarce, with launcher: docker",
		"cpus":       "processors it may use at most, with launcher: docker; 0 is no limit",
		"memory":     "memory it may use at most, with launcher: docker; 0 is no limit",
		"faults":     "what it does wrong on purpose in the steps of a parameter server or a pipeline; nothing by default",
		"layers":     "layers of the network that it has in a pipeline, the first worker the first ones; for all workers or for none",
		"data":       "folder of its rows, absolute or from the project folder",
	}
}

// Docs says what each setting is.
func (Faults) Docs() map[string]string {
	return map[string]string{
		"delay":        "how much later it answers a step",
		"delay_rate":   "share of the steps that are delayed",
		"drop":         "share of the steps whose connection it breaks instead of answering",
		"corrupt":      "what it does to its answers: puts a NaN in, multiplies by 1e6, turns the sign",
		"corrupt_rate": "share of the steps that are corrupted",
		"die_at":       "step, from 1, at which it ends; 0 is never",
	}
}
