// Package alone has nothing of its own: a generated client is compiled in its place.
package alone
