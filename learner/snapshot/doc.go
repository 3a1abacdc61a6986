// Package snapshot is the binary form in which learners store what they have
// learned, written once for all of them.
//
// A snapshot is
//
//	magic "CHIMERA\x01" | kind string | version uint32 | fields ... | CRC-32C
//
// with every number little-endian. The kind names what is stored (for example
// "linear.ridge"), the version is that learner's own. Fields carry no names or
// types: a learner reads them back in the order in which it wrote them. The
// checksum (Castagnoli) covers all bytes before it, so any single flipped bit,
// and any burst of up to 32, is noticed before a field is looked at.
//
// A checksum stops damage, not malice. So a [Reader] trusts no length either: a
// slice is never made larger than the bytes that are left could fill, which
// bounds the memory of a decode by a small multiple of the input. Whether the
// values make sense together only the learner knows; it reports what does not
// with [Reader.Failf]. Every error wraps learner.ErrSnapshot.
//
// The package imports learner, learner/numeric and the standard library.
package snapshot
