package learnertest

import (
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// brokenLink is reporting with a false link.
type brokenLink struct {
	reporting
	falsify func(m *reporting) learner.Link
}

func (b *brokenLink) Link() learner.Link { return b.falsify(&b.reporting) }

// brokenForest is stump with a false forest.
type brokenForest struct {
	stump
	falsify func(m *stump) *learner.Forest
}

func (b *brokenForest) Forest() *learner.Forest { return b.falsify(&b.stump) }

func plainActs() []act {
	link := func(falsify func(m *reporting) learner.Link) *registry.Registry {
		r := &registry.Registry{}
		registry.RegisterIn(r, "saboteur", registry.Entry[none, *brokenLink]{
			Task: learner.Regression, Summary: "Has a false link.",
			New: func(none, learner.Env) (*brokenLink, error) { return &brokenLink{falsify: falsify}, nil },
		})
		return r
	}
	forest := func(falsify func(f *learner.Forest)) *registry.Registry {
		r := &registry.Registry{}
		registry.RegisterIn(r, "saboteur", registry.Entry[none, *brokenForest]{
			Task: learner.Regression, Summary: "Has a false forest.",
			New: func(none, learner.Env) (*brokenForest, error) {
				return &brokenForest{falsify: func(m *stump) *learner.Forest {
					f := m.Forest()
					if f != nil {
						falsify(f)
					}
					return f
				}}, nil
			},
		})
		return r
	}
	lending := &registry.Registry{}
	registry.RegisterIn(lending, "saboteur", registry.Entry[none, *brokenForest]{
		Task: learner.Regression, Summary: "Lends its forest.",
		New: func(none, learner.Env) (*brokenForest, error) {
			return &brokenForest{falsify: func(m *stump) *learner.Forest { return m.forest }}, nil
		},
	})
	network := func(falsify func(m model, n *learner.Network)) hooks {
		return hooks{network: func(m model) (*learner.Network, error) {
			n, err := m.Network()
			if n != nil {
				falsify(m, n)
			}
			return n, err
		}}
	}
	return []act{
		{check: "link", what: "has one before Fit", options: []Option{Baseline()}, registry: link(func(*reporting) learner.Link { return learner.IdentityLink })},
		{check: "link", what: "another one", options: []Option{Baseline()}, registry: link(func(m *reporting) learner.Link {
			if m.coef == nil {
				return ""
			}
			return learner.ExpLink
		})},
		{check: "forest", what: "mixes up the sides", registry: forest(func(f *learner.Forest) {
			root := &f.Trees[0].Nodes[0]
			root.Left, root.Right = root.Right, root.Left
		})},
		{check: "forest", what: "forgets the scale", registry: forest(func(f *learner.Forest) { f.Scale = 0.5 })},
		{check: "forest", what: "goes in circles", registry: forest(func(f *learner.Forest) { f.Trees[0].Nodes[0].Left = 0 })},
		{check: "forest", what: "lends its own memory", registry: lending},
		breaks("network", "forgets a layer", network(func(_ model, n *learner.Network) { n.Layers[1].Kind = learner.IdentityLayer })),
		breaks("network", "coefficients the other way round", network(func(_ model, n *learner.Network) {
			n.Layers[0].Params[0][1], n.Layers[0].Params[0][2] = n.Layers[0].Params[0][2], n.Layers[0].Params[0][1]
		})),
		breaks("network", "lends its own memory", network(func(m model, n *learner.Network) {
			n.Layers[2].Params[1] = m.layers[1].w[m.layers[1].in*m.layers[1].out:]
		})),
	}
}
