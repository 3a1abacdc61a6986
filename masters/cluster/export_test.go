package cluster

import "log/slog"

// CheckSchema is checkSchema for the tests.
var CheckSchema = checkSchema

// NewTestFit makes a fit over members that are never called.
func NewTestFit(names ...string) *Fit {
	c := &Cluster{Log: slog.New(slog.DiscardHandler), broker: newBroker()}
	for i, name := range names {
		c.Members = append(c.Members, newMember(i, Endpoint{Name: name}))
	}
	return newFit(c, "f")
}
