// Package launchertest is a launcher for tests: its workers are small HTTP
// servers of the test's own process, and they fail on command. A launch can
// fail or be held, a worker can die when told to or at its nth request, a
// stop can report an error. Nothing depends on time.
//
// The package imports launcher and the standard library.
package launchertest
