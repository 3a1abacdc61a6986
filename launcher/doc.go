// Package launcher brings the workers of a project up, watches them, and takes
// them down. A launcher knows names, folders, ports and what a worker answers
// to health; it never knows what a model is.
//
// [Process] (the default) builds each generated main and runs it as a child
// process. [InProcess] runs workers as goroutines of the caller's program.
// [External] starts nothing and uses workers that run already. Package
// launcher/docker makes each worker a container. All keep the promises written
// at [Launcher] and [Fleet], and launchertest.Run checks that they do.
//
// # A launcher of your own
//
// It is a type with Name and Launch, given to [Register] in init by a package that
// the project's main imports; chimera.yaml can name it then. From the least to the
// most of your own:
//
//   - [Process] with a Command of your own runs something before each executable;
//   - [Supervisor] with a Start of your own runs workers somewhere else; it keeps
//     their logs, waits for them, reports their ends and restarts them; [Build],
//     [StartCommand] and [Plan.Checked] are what Process uses with it;
//   - [FleetBase] and [Plan.Await] are for launchers whose workers something else looks
//     after, such as a container engine.
//
// examples/custom-launcher is one, and launchertest.Run tests it in one line.
//
// # What a worker is given, and what it answers
//
// A worker that a launcher starts reads [EnvHost], [EnvPort], [EnvTrainData] and
// [EnvLifeline] from its environment. [EnvIdentity] says where it finds what the plan's
// [Identity] has issued for it: it answers only those that it knows by that, and listens
// with TLS if its URL is to be https. As soon as it listens it prints one line on
// standard output, [HandshakePrefix] and its URL, and after it " protocol=" and the
// version of this announcement if [EnvProtocol] is set. An announcement without a version is
// from before there were versions; one with a newer major version is refused. Everything
// else that it prints is its log. It answers GET /v1/chimera/health with 200, its name and
// its configuration hash, as long as it lives, and GET /v1/chimera/ready with 503
// until its data is loaded, then 200. If it cannot go on it exits with a status
// other than 0, with the reason as its last words on standard error. It ends cleanly on
// SIGTERM or SIGINT, and when its lifeline closes.
//
// # How a child process ends with its master
//
// A child's standard input is a pipe that the master holds open: the lifeline.
// When the master ends, in whatever way (a panic, kill -9), the system
// closes the pipe and the worker, which reads it, ends itself. This works on
// every system and needs no signal.
//
// On Unix every child leads a process group of its own. A terminal sends Ctrl-C
// to the whole foreground group, and workers must not die of it before the master
// has finished its requests and stopped them; in groups of their own, only the master
// tells them to end. On Windows a new process group does the same.
// Stop sends SIGTERM (on Windows it closes the lifeline), and kills the whole
// group if a worker does not end in time.
//
// # Workers that die
//
// Every end that nobody asked for is delivered on Exits. [Process] and
// launcher/docker then start the worker again if the plan's Restart says so, by
// default if it failed: on the port it had, so that its URL stays what it was,
// and less and less often if it keeps failing, until it is left alone. What it
// held in memory is lost; bringing it up to date is its master's job. Workers of
// [InProcess] end with the program only, and those of [External] are not the launcher's.
//
// The room imports api, for what a worker answers, config, which has to know the
// names and traits of launchers, internal packages that it shares with the command
// line (environment, gobuild, handshake, lines, suggest) and its own; no master,
// worker or learner.
package launcher
