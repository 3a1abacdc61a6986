// Package handshake is how a node that was started reports to its starter where
// it listens. There are two:
//
//   - A worker prints one line on standard output, an [Announcement]. Its
//     launcher reads it with [ParseAnnouncement].
//   - The program that runs a master writes messages, one line of JSON each, to a
//     pipe that the command line hands to it: where the master listens, that it is
//     ready, or why it failed, by a code. The program uses a [Reporter], the
//     command line a [Listener].
//
// Both carry [Version]. A node without one is from before there were versions,
// and is accepted; one with a newer major version is refused with a sentence.
//
// The package imports api, internal/environment and internal/inherit.
package handshake
