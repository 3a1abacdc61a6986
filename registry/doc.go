// Package registry maps names to learners.
//
// A learner registers itself once, in init, with a typed entry:
//
//	func init() {
//		registry.Register("tree-classifier", registry.Entry[Params, *Classifier]{
//			Task: learner.Classification, Summary: "CART decision tree.", New: New,
//		})
//	}
//
// From the parameter struct and its tags come the defaults, the checks, the
// documentation and the JSON schema, and from the learner's type its
// capabilities, so everything can be known about a learner without making one.
//
// A parameter is an exported field with four tags: json (its name, as in scikit-learn),
// default, validate (github.com/go-playground/validator) and doc.
//
// The package imports learner, and knows of no learner by name.
package registry
