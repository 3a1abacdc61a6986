package api

// ScaleRequest says which of the project's workers are to take part; the others leave. One of its fields is given.
type ScaleRequest struct {
	Workers int      `json:"workers,omitempty" minimum:"1" doc:"So many: the first of those in chimera.yaml."`
	Names   []string `json:"names,omitempty" doc:"Those with these names."`
}

// ScaleWhen is when joining and leaving take effect.
type ScaleWhen string

// The times.
const (
	ScaleNow     ScaleWhen = "now"      // a running fit goes on with the workers that are there
	ScaleNextFit ScaleWhen = "next_fit" // the model in service stays that of its workers until another fit has ended
)

// ScaleResponse says who joins and who leaves, in the order of chimera.yaml. They are started and ended after the answer: GET PathStatus tells
// how far they are.
type ScaleResponse struct {
	Joining []string  `json:"joining" nullable:"false"`
	Leaving []string  `json:"leaving" nullable:"false"`
	When    ScaleWhen `json:"when" enum:"now,next_fit" doc:"now: a running fit goes on with the workers that are there. next_fit: when the next fit has ended."`
	Workers int       `json:"workers" doc:"So many take part then."`
}
