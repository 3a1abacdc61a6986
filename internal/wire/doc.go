// Package wire says how rows of numbers travel between nodes.
//
// There are two forms. JSON, as the Python package speaks it, for people and
// for that package's clients and workers: [DecodePredict] and [EncodePredict]
// for the body of a predict request, [AppendList] and [AppendMatrix] for lists of
// numbers in an answer, written as Python's repr writes them. And a binary frame,
// negotiated by [ContentTypeFrame], for our own nodes among themselves:
// [Encode] and [Decode], and for frames of megabytes [EncodeParts] and
// [Receive], which do not copy long arrays and reuse memory.
//
// A body comes from outside and is not trusted: every error says where
// it is ([BodyError], [ErrFrame]), and the memory taken is a small multiple of
// the body's own size whatever the body claims.
//
// The room imports gonum's matrices, go-json-experiment and internal/cell; it
// knows nothing of HTTP beyond status codes and content types.
package wire
