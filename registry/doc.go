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
// capabilities, so everything about a learner is known without making one.
//
// A parameter is an exported field with four tags: json (its name, as in scikit-learn),
// default, validate and doc. The rules of a validate tag are those of
// github.com/go-playground/validator. The package checks the usual ones itself
// (gte, gt, lte, lt, min, max, len, eq, ne, oneof, required, omitempty, dive), so
// that a worker need not link package validator. The others are checked where
// registry/allrules is linked: in every program that calls package chimera, under
// learnertest, and in the generated mains of workers whose learner is a project's
// own. Elsewhere a learner with such rules is registered but cannot be made, and
// the error names the import. Where doc tags would make lines too long, the struct may be [Documented] instead, and options that are known only
// at run time come from a struct that is [Optioned].
//
// A parameter that says how Fit trains, and not what the model is, has a tag training too, so that a parameter
// server, which trains without Fit, can do what it says or refuse it ([Param].Training).
//
// The package imports learner, and knows of no learner by name.
package registry
