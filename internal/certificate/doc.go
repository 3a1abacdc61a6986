// Package certificate has the certificates by which a master is known to its clients over TLS: given in files, which are read again when
// they have changed, or made by the project itself, which renews them. Clients are not interrupted by either.
package certificate
