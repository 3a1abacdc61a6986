package registry

import (
	"reflect"

	"github.com/gochimera/chimera/learner"
)

// Capability is something a learner can do, known from its type.
type Capability string

// The capabilities, one for each interface of package learner.
const (
	Estimator      Capability = "estimator"
	Classifier     Capability = "classifier"
	Differentiable Capability = "differentiable"
	Layered        Capability = "layered"
	Summable       Capability = "summable"
	Objective      Capability = "objective"
	Clusters       Capability = "clusters" // learner.Clusterer
	Transformer    Capability = "transformer"
	Snapshotter    Capability = "snapshotter"
	Importances    Capability = "importances"  // learner.Importancer
	Coefficients   Capability = "coefficients" // learner.Coefficienter
	Convergence    Capability = "convergence"  // learner.Convergent
	Link           Capability = "link"         // learner.Linked
	Forest         Capability = "forest"       // learner.Forester
	Network        Capability = "network"      // learner.Networker
)

var interfaces = []struct {
	name Capability
	typ  reflect.Type
}{
	{Estimator, reflect.TypeFor[learner.Estimator]()},
	{Classifier, reflect.TypeFor[learner.Classifier]()},
	{Differentiable, reflect.TypeFor[learner.Differentiable]()},
	{Layered, reflect.TypeFor[learner.Layered]()},
	{Summable, reflect.TypeFor[learner.Summable]()},
	{Objective, reflect.TypeFor[learner.Objective]()},
	{Clusters, reflect.TypeFor[learner.Clusterer]()},
	{Transformer, reflect.TypeFor[learner.Transformer]()},
	{Snapshotter, reflect.TypeFor[learner.Snapshotter]()},
	{Importances, reflect.TypeFor[learner.Importancer]()},
	{Coefficients, reflect.TypeFor[learner.Coefficienter]()},
	{Convergence, reflect.TypeFor[learner.Convergent]()},
	{Link, reflect.TypeFor[learner.Linked]()},
	{Forest, reflect.TypeFor[learner.Forester]()},
	{Network, reflect.TypeFor[learner.Networker]()},
}

// Capabilities are all that a learner may have.
func Capabilities() []Capability {
	all := make([]Capability, len(interfaces))
	for i, one := range interfaces {
		all[i] = one.name
	}
	return all
}

func capabilities(t reflect.Type) []Capability {
	var has []Capability
	for _, i := range interfaces {
		if t.Implements(i.typ) {
			has = append(has, i.name)
		}
	}
	return has
}
