// Package launchertest is for tests of launchers, and of programs that use one.
//
// [Run] is the conformance suite: one line in the test of a registered launcher,
// yours or ours, checks it against everything that [launcher.Launcher] and [launcher.Fleet]
// promise.
//
// [Launcher] is a launcher for tests of others: its workers are small HTTP
// servers of the test's own process, and they fail on command. A launch can
// fail or be held, a worker can die when told to or at its nth request, a
// stop can report an error. Nothing depends on time.
//
// The package imports launcher, its own fake worker and the standard library.
package launchertest
