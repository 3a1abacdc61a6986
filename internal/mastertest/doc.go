// Package mastertest provides a master and its workers for the tests of masters/cluster, of each kind
// of distribution, and of masters/masterstest, the suite that any kind can run. All of them are behind
// real HTTP servers; a worker can be killed and restarted at its address.
//
// It knows no kind of master: a test passes its own. What only one kind's tests need is in that kind's
// folder.
package mastertest
