// Package onnx writes models as ONNX (https://onnx.ai), which ONNX Runtime and many other programs compute:
//
//	session = onnxruntime.InferenceSession("model.onnx")
//	label, probabilities = session.run(None, {"X": rows.astype("float32")})
//
// Forests, linear models and feed-forward networks can be members, of one kind or of several, and what becomes of a row
// before learners see it is part of the graph: the filling in and the scaling of numbers, indicators of missing cells, and all
// encodings of categories. So the model takes the columns as they are.
//
// # Inputs
//
// If all columns are numbers there is one input, "X" (rows x columns, float32), with the columns in the order of the
// metadata property "columns". If some are categories, each column is an input under its own name (rows x 1): float32 for a
// number, string for a category. A missing number is NaN, a missing category the empty string. A category that is a
// number is written in its shortest form: 1, not 1.0.
//
// # Outputs
//
// Of a regression "value" (rows x 1, float32). Of a classification "label" (rows: int64 if all classes are whole numbers, else
// string) and "probabilities" (rows x classes, float32, in the order of the metadata property "classes").
//
// # Precision
//
// The graph computes with float64 between its inputs and its outputs, as learners do, so answers are rounded once. With
// [Options].Float64 inputs and outputs are float64 too; without it, a row whose value lies between a threshold and the
// nearest float32 may take another branch.
//
// # What is used
//
// Opset 15 of ai.onnx and 3 of ai.onnx.ml, in which trees have thresholds of float64. An unknown category of a column whose
// preparation refuses them makes the runtime end with an index that is out of range.
package onnx
