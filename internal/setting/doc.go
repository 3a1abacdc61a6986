// Package setting is the engine behind everything that is declared once, by the
// tags of a struct: the settings of chimera.yaml, those of each kind of
// distribution, and the parameters of learners.
//
// A [Reader] turns a struct into [Field]s. From a field come its default, its
// limits in words, its JSON Schema and its documentation. [Check] checks a JSON
// value against such a schema, so a learner that is linked and one that is only
// described are checked by the same code.
//
// The package does not use package validator, whose use of reflection keeps
// every method of a program alive: a worker that links it is half as large again.
// Rules that only package validator knows are checked by it where it is linked:
// see [CheckOthersWith].
package setting
