// Package scaffold makes a project that runs: its module, its chimera.yaml, a
// program, a learner of the user's own with its test, and a small data set
// already split.
//
// The files are those of template/. The learner there is a package of this
// module too, so that it is compiled and tested against the contract here.
//
// The room imports config, gen and internal rooms; it runs the go command to read
// a module's requirements.
package scaffold
