// Package models keeps fitted models, so that they outlive the program that
// fitted them.
//
// A [Store] is a project's models in a [Bucket]: a folder, or a bucket of a
// cloud. Of each fit it has
//
//	<fit id>/manifest.json   what the model is, and the checksums of its parts
//	<fit id>/parts/<name>    what one worker holds of it, or the master
//	<fit id>/scores.json     scores that were measured later
//	runs/<fit id>.json       the fit itself, whatever became of it
//	serving.json             the model in service
//
// A model exists if and only if its manifest does, which is written last: so a
// program that is killed leaves a whole model, or none. Every file is there
// whole or not at all.
package models
