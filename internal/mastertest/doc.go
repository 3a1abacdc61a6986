// Package mastertest is a master and its workers for the tests of the masters'
// rooms: masters/cluster, the folder of each kind, and masters/masterstest, the
// suite that anybody's kind can run. All of them are behind real HTTP servers;
// a worker can be ended and started again at its address.
//
// It knows no kind of master: a test hands in its own. What only one kind's
// tests need is beside those.
package mastertest
