// Package inference takes rows from a file to a master and its answers to
// another, in batches, so that neither need fit in memory.
//
// Rows come as CSV or JSON, and answers go out as either; see [NewSource] and
// [NewSink] for the forms.
//
// The room imports the client and internal rooms.
package inference
