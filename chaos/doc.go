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
//	go test ./chaos -run TestKills -kills 100  a hundred kill -9; -from K begins with another one
//
// The idea of a fault that counts only if there was traffic, and of a model that checks a recorded
// history, is that of etcd's tests/robustness.
//
// TestKills is about what lasts. A process of its own (program.go) runs a project, and kills its master, a worker or both at a point of
// progress that the seed names (death.go): a call of a worker, a new file in the folders of models and checkpoints, an event;
// during a fit, while it stores or commits its model, while stored models take turns in service, and during the next start.
// Its processes must end by themselves. The next start must serve the old model or the new one, bit for bit; an
// interrupted fit must go on to the bits of an undisturbed one; no temporary file, checkpoint or part without a model may
// be left, and the lock must be free. Which processes are left is read from /proc; elsewhere the test is skipped.
//
// The room imports what a user's program can, and the standard library; only Unix has its signals and limits.
package chaos
