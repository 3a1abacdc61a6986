// Package labs has experiments that show how distributed training behaves: each asks a question, and answers it with masters
// and workers that run within this program over real HTTP (labs/rig), on rows that are made by published formulas (labs/rows).
// `chimera lab` lists and runs them.
//
// A lab is a file of this package with one function that returns its [Lab], and is listed in [All]. Its parameters are the
// fields of a struct, declared by tags as those of learners are. Its [Result] has tables, which become CSV, plots, which become
// SVG, findings in sentences, and checks: what was expected, and whether it came so. docs/labs.md is made of the labs' own texts.
//
// The room imports client, masters and learners by way of labs/rig and labs/rows, labs/timed, api, internal/picture and internal/setting; it
// knows no command.
package labs

//go:generate go test -run ^TestLabsPageIsUpToDate$ . -update
