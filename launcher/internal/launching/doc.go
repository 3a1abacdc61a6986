// Package launching is how the workers of a launch come up or fail, wherever they run: what launchers that leave workers to an
// engine or a cluster have in common.
//
// A [Launching] is the launch. It lasts until every worker is ready and has announced itself, or until something ends it: a worker that ends
// before, one that refuses its data, one that runs nowhere. The first of these is its error. What ends later goes to the
// fleet's exits. A [Member] is one worker of it, and an [Announcement] what is waited for in that worker's log.
//
// The package imports launcher, its workerlog and parallel, and what reads lines and formats logs.
package launching
