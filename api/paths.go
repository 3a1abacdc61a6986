package api

// Paths of every node.
const (
	PathHealth = "/v1/chimera/health" // alive
	PathReady  = "/v1/chimera/ready"  // able to work
	PathStatus = "/v1/chimera/status"
)

// PathSchema is a worker's answer to what its rows look like.
const PathSchema = "/v1/chimera/schema"

// Paths of every master.
const (
	PathLearners  = "/v1/chimera/learners"
	PathFit       = "/v1/chimera/fit" // the fit job: GET its state, DELETE cancels
	PathFitEvents = "/v1/chimera/fit/events"
)

// Protocol is the version of what masters and workers send each other. It
// grows when an older node could not read a newer one's messages.
const Protocol = 1

// Announcement precedes the address on the line that a worker prints to
// standard output as soon as it listens.
const Announcement = "CHIMERA-WORKER-LISTENING "

// Paths beyond those of every kind, which some kinds' masters have.
const (
	PathCoefficients = "/v1/chimera/parameter-server/coefficients" // the trained parameters
	PathStages       = "/v1/chimera/pipeline/stages"               // which worker has which layers
)

// Paths are where a kind of master is asked to fit, to predict and to score.
type Paths struct{ Fit, Predict, Score string }

// PathsOf returns the paths of a kind of master, named as in chimera.yaml.
// Those of the Python package's two masters follow the same pattern.
func PathsOf(kind string) Paths {
	base := "/v1/chimera/" + kind
	return Paths{Fit: base + "/fit", Predict: base + "/predict", Score: base + "/score"}
}
