// Package access decides which clients of a master may do what: what a request proves by its token, which [Role] that has, and what is
// answered to one that proves too little. It also has the other ends of it: [Add] makes a token, and [Local] is how the programs
// of one project on one machine come to theirs.
//
// Tokens are compared by their SHA-256 digests and in constant time, and are in no error, log or event.
package access
