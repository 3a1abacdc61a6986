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
		"threshold": "of two classes, the second (in sorted order) is the label from this probability on, with every kind of master; it changes labels and no " +
			"probabilities, and a request may say otherwise; 0 takes the more probable class",
		"workers": "the workers, or their number: 4 is worker1 to worker4",
		"target": "column of the target in training files that have all columns (train.csv, train.parquet and so on): its name, or its position from 1 (-1 " +
			"is the last); without it a worker has X_train and y_train",
		"data":      "how training files are written",
		"prepare":   "what becomes of missing cells, texts and scales before learners see rows; `auto` (also when nothing is said) is what the learners need",
		"models":    "where fitted models are kept, so that they outlive the program, and how many",
		"endpoints": "where workers listen and how patiently they are called",
		"limits":    "what masters and workers accept of a request",
		"access":    "by which names masters and workers may be called",
		"security":  "by what masters and workers know each other",
		"restart": "when a worker that ended by itself is started again, with launcher: process, docker, swarm or kubernetes; with launcher: external, always " +
			"says that something else starts it again, so that a fit may wait for it",
		"log_format": "the form of the logs of the master and its workers, on the terminal and in their files: text for people, or json, an object a line, for " +
			"programs that collect logs",
		"network":    "the Docker network of the workers",
		"images":     "where the images of workers are kept for the nodes of a cluster",
		"swarm":      "the Docker Swarm of launcher: swarm",
		"kubernetes": "the cluster of launcher: kubernetes",
		"telemetry":  "what masters and workers tell those who look after them",
	}
}

// Docs says what each setting is.
func (Models) Docs() map[string]string {
	return map[string]string{
		"store": "a folder, absolute or from the project folder; a bucket by its URL, such as s3://bucket/prefix?region=eu-west-1, which generated files then " +
			"link (credentials come from the environment); or none. One program at a time writes to it: a lock in the folder, or for a bucket in " +
			"the project's chimera_models, keeps others of this machine from it",
		"keep": "which models stay beside the one in service when a fit has stored another: a number of the newest, or an age such as 30d or 720h",
	}
}

// Docs says what each setting is.
func (Endpoints) Docs() map[string]string {
	return map[string]string{
		"host": "host address that the workers' ports bind to; 0.0.0.0 is every network of this machine",
		"port": "port of a worker inside its container",
		"timeout": "longest wait for a sign of life from a worker that fits, or whose model is stored or given back, and for the answer to any other call; a " +
			"worker of the Python package shows no life before it answers, so its whole fit must be done within it",
		"max_retries":     "how often a call to a worker is tried again, with pauses that grow from 0.05 s to 10 s",
		"start_timeout":   "longest wait for a started worker to be healthy",
		"fit_timeout":     "longest time that a whole fit may take; 0 is no limit",
		"predict_timeout": "longest time that a whole prediction may take; 0 means that only each call to a worker is limited, by timeout",
		"late_after": "once the quorum has answered a prediction, a worker that shows no sign of life for this long is left out of the answer, named in its " +
			"failures, and not asked again until it answers a probe; one of the Python package is waited for until the timeout",
	}
}

// Docs says what each setting is.
func (RequestLimits) Docs() map[string]string {
	return map[string]string{
		"max_memory": "memory that the bodies of all requests may take together in a master or a worker, as they came and decoded; a request for which there " +
			"is none within 10 s is answered 503 with Retry-After; one that needs more than all of it is answered alone",
		"body_read_timeout": "longest time that reading a body may take; of a stored model that is larger than other bodies, and is given back to a worker, each MiB",
		"write_timeout":     "how long a client may take nothing of its answer before its connection is closed; a slow one that reads is served to the end",
		"max_requests": "requests that a master answers at once, fits that somebody waits for among them; one more is answered 503 with Retry-After. Streams of " +
			"events and the paths /v1/chimera/health and /v1/chimera/ready are not counted",
		"rate": "requests a second that one address may send to a master, an IPv6 network of 64 bits being one; one more is answered 429 with Retry-After; 0 is no " +
			"limit. /v1/chimera/health and /v1/chimera/ready are not limited",
		"burst":      "requests that an address may send at once, if it has sent none for a while; only with rate",
		"rate_local": "whether rate is also for callers on the master's machine, which are all one address, as are those of a proxy there",
	}
}

// Docs says what each setting is.
func (Access) Docs() map[string]string {
	return map[string]string{
		"hosts": "names by which masters and workers may be called, beside IP addresses, localhost, the names of their machine and of the workers; requests by " +
			"other names are refused (421), since a web page can give its own name the address of a node",
	}
}

// Docs says what each setting is.
func (Telemetry) Docs() map[string]string {
	return map[string]string{
		"metrics": "whether masters and workers have /metrics, in the form that Prometheus reads; a worker's program is then 2.3 MB larger",
		"traces": "whether masters and workers tell an OpenTelemetry collector what they do, by OTLP over HTTP, at http://localhost:4318 or where the variables " +
			"OTEL_… say; a worker's program is then 9.5 MB larger",
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
		"cpu_shares": "share of the processor when it is scarce, with launcher: docker or kubernetes",
		"cpus":       "processors it may use at most, with launcher: docker, swarm or kubernetes; 0 is no limit",
		"memory":     "memory it may use at most, with launcher: docker, swarm or kubernetes; 0 is no limit",
		"placement":  "what a node must be to run it, with launcher: swarm; beside swarm.placement",
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
		"corrupt_rate": "share of the steps that are corrupted or attacked",
		"die_at":       "step, from 1, at which it ends; 0 is never",
		"attack": "harm that it means, to the gradients of a parameter server: sign_flip sends minus strength times its gradient, scaled strength times its " +
			"gradient and moments, gaussian noise of strength times the gradient's root mean square, a_little_is_enough its gradient minus strength standard " +
			"deviations (Baruch et al. 2019; estimated from parts of its own rows); label_flip trains on the opposite classes, or mirrored targets, under any master",
		"attack_strength": "how strong; of sign_flip 1, of scaled and gaussian 10, of a_little_is_enough 1.5",
	}
}
