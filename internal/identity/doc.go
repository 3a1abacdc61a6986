// Package identity is by what the master and the workers of a project know each other.
//
// A master has an [Authority], which issues a secret for each worker; a worker's program reads it and has a [Worker]. There are two
// modes. With MTLS, both ends of a connection have a certificate (ECDSA P-256) of the authority's, and talk TLS 1.3: nobody reads or changes
// what they say, and each knows who the other is. With Token, the wire is plain HTTP, and a request has a bearer token: nobody
// who has none is answered. A token is of the master for one worker, or of the workers for each other.
//
// A certificate says whose it is by a URI, chimera://project/master or chimera://project/worker/name, and not by a host or an
// address: workers move. It lasts for a day, and the master renews that of a worker over the wire once half of that is over. One that has
// run out, as that of a worker which somebody starts again after a week, is good for one thing: for its master to renew it.
//
// The package imports the standard library and package api only: it is linked by every worker.
package identity
