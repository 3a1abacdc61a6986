// Package export is the way of a fitted model into other programs: what all formats have in common. Each format is a
// package of its own, export/xgboost and export/onnx.
//
// A [Model] is the learners of one fit, how their answers are combined, the names of columns and classes, and what
// becomes of a row before learners see it. [Model.Parts] takes it to pieces that any program can compute: forests and
// networks of plain arrays (package learner), which learners hand out that have the capability forest, link or
// network. A learner that has none of them is refused by name.
//
// The package knows no master and no store: who has the learners of a fit can export them.
package export
