package api

// Paths of every node.
const (
	PathHealth = "/v1/chimera/health" // alive
	PathReady  = "/v1/chimera/ready"  // able to work
	PathStatus = "/v1/chimera/status"
)

// PathSchema is the path at which a worker describes its rows.
const PathSchema = "/v1/chimera/schema"

// PathIdentity is the path at which a worker takes a new certificate from its master, with security.workers: mtls.
const PathIdentity = "/v1/chimera/identity"

// PathSummary is the path at which a worker summarises its rows, for a preparation.
const PathSummary = "/v1/chimera/summary"

// Paths of every master.
const (
	PathLearners  = "/v1/chimera/learners"
	PathFit       = "/v1/chimera/fit" // the fit job: GET returns it, DELETE cancels it
	PathFitEvents = "/v1/chimera/fit/events"
	PathWorkers   = "/v1/chimera/workers" // which of the project's workers take part: PUT changes it
	PathModels    = "/v1/chimera/models"  // stored models: GET lists them, POST takes one in as a file; beneath it /{id}
	PathRuns      = "/v1/chimera/runs"    // the fits that were recorded; beneath it /{id}
)

// Protocol is the version of the protocol between masters and workers. It is increased when an older
// node could not read a newer one's messages.
const Protocol = 1

// HeaderBeat is the header of a request by which a caller asks a worker to show that it is alive for as
// long as it works on the answer: with an interim answer (102, RFC 2518) every so often. Its value is a
// duration, such as 10s.
const HeaderBeat = "Chimera-Beat"

// The headers of a request that is part of a fit: what it is part of, for the log of the worker that answers it.
const (
	HeaderRun  = "Chimera-Run"  // the fit's ID
	HeaderStep = "Chimera-Step" // counted from 1; absent outside the steps
)

// HeaderRequest is the header of a request, and of its answer, that has the ID of the request to the master: the one that its caller has
// given, or one that the master has made. Calls to workers that are made for the request have it too.
const HeaderRequest = "X-Request-Id"

// Announcement precedes the address on the line that a worker prints to standard output as soon as it
// listens.
const Announcement = "CHIMERA-WORKER-LISTENING "

// Additional paths of some kinds of masters.
const (
	PathCoefficients = "/v1/chimera/parameter-server/coefficients" // the trained parameters
	PathStages       = "/v1/chimera/pipeline/stages"               // which worker has which layers
)

// Paths are the paths at which a kind of master fits, predicts and scores.
type Paths struct{ Fit, Predict, Score string }

// PathsOf returns the paths of a kind of master, named as in chimera.yaml. They follow the pattern of
// the Python package's two masters.
func PathsOf(kind string) Paths {
	base := "/v1/chimera/" + kind
	return Paths{Fit: base + "/fit", Predict: base + "/predict", Score: base + "/score"}
}
