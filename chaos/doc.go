// Package chaos runs whole projects while things break, and checks that every answer is right or says
// what failed.
//
// A seed decides everything: the kind of master, the launcher, the traffic and the faults (plan.go).
// The project is run with [chimera.Run], as any program runs one; between the master and each worker,
// and between the workers, stands a proxy that makes the faults of the wire (proxy.go). A fault strikes
// at a call of a worker, counted by its proxy, not at a time: one that met no traffic proves nothing,
// and is reported as such.
//
// What the clients saw is a history (traffic.go), which a model checks (model.go): each reply is what the
// model with that fit_id predicts by the workers that it names, or a typed error within its deadline; a
// model that serves was committed, and none older than the last fit that had ended. When the faults are
// over, the project must be whole again, and at the end no process, goroutine or file may be left.
//
// Workers are processes or goroutines; containers are left to the tests of launcher/docker. The full disk is a
// limit on the size of files, which needs no privileges. A deadline is measured without the time in which
// the machine did not run this program (clock.go), so that a busy one fails no test.
//
//	go test ./chaos -seeds 20                  the seeds 0 to 19
//	go test ./chaos -seeds 1 -from 7 -v        one seed, with its history
//	go test ./chaos -seeds 1000 -for 1m        as many as a minute has room for
//	go test ./chaos -run TestSoak -soak 30m -timeout 40m
//
// The idea of a fault that counts only if there was traffic, and of a model that checks a recorded
// history, is that of etcd's tests/robustness.
//
// The room imports what a user's program can, and the standard library; only Unix has its signals and limits.
package chaos
