// Package wire says how rows of numbers travel between nodes.
//
// There are two forms. JSON, as the Python package speaks it, for people and
// for that package's clients and workers: [DecodePredict] and [EncodePredict]
// for the body of a predict request, [AppendList] and [AppendMatrix] for lists of
// numbers in an answer, written as Python's repr writes them. And a binary frame,
// negotiated by [ContentTypeFrame], for our own nodes among themselves:
// [Encode] and [Decode], and for frames of megabytes [EncodeParts] and
// [Receive], which do not copy long arrays and reuse memory. Typed rows are part of a frame by [RowsArrays].
//
// A body comes from outside and is not trusted: every error says where
// it is ([BodyError], [ErrFrame]), and the memory taken is a small multiple of
// the body's own size whatever the body claims.
//
// # Which JSON is for what
//
// Three readers and writers of JSON are in use; each has one purpose.
//
//   - encoding/json is for what is small, trusted or not on the way of a request:
//     parameters, settings, what a frame says beside its arrays, handshakes between
//     processes. The interfaces json.Marshaler and json.Unmarshaler of the types in
//     package api are its own, too, so any program can read and write them.
//   - go-json-experiment is for the bodies of HTTP requests and answers (internal/rest,
//     internal/transport, client): it refuses a field that is given twice and text
//     that is not UTF-8, reads numbers in one pass and says where a fault is.
//   - The scanner of this package, on cell.Number and [AppendFloat], is for rows: it
//     reads a predict request straight into one matrix, takes what the Python
//     package takes and standard JSON has not (NaN, numbers in strings), and writes
//     numbers as Python's repr does. Nothing else should need it.
//
// The room imports gonum's matrices, go-json-experiment, internal/cell, learner/numeric and
// prepare/table; it knows nothing of HTTP beyond status codes, content types and digests.
package wire
