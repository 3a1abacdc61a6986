// Package exported writes stored models for other programs: it decodes what a store or an archive has of each worker, or of
// the master, into learners, and hands them to package export and its formats.
//
// It knows how each kind of distribution stores its parts. Learners are those that the command line links.
package exported
