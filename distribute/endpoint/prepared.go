package endpoint

import (
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/prepare"
)

// Summary is the operation of every worker that summarises its rows, for the preparation of a fit.
var Summary = PostFrame[prepare.Question, prepare.Summary](api.PathSummary, "A summary of its rows, for the preparation of a fit").Slow()

// Prepared is the preparation of a fit as it travels to one worker, with the messages of its kind of distribution.
type Prepared struct {
	Question    prepare.Question     `json:"question"` // that the worker's summary answered
	Preparation *prepare.Preparation `json:"preparation"`
}

// Check says what is wrong with what a master has sent; what passes can be used.
func (p *Prepared) Check() error {
	if p.Preparation == nil {
		return errors.New("the fit has a question for its preparation, but no preparation")
	}
	if err := p.Preparation.Validate(); err != nil {
		return fmt.Errorf("the preparation of the fit cannot be used: %w", err)
	}
	return nil
}

// Schema documents it as an object: what is in it is between the nodes of this module.
func (Prepared) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "The preparation of the rows that all workers have agreed on."}
}
