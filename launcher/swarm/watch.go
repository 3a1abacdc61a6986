package swarm

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/swarm"

	"github.com/gochimera/chimera/launcher"
	"github.com/gochimera/chimera/launcher/docker"
	"github.com/gochimera/chimera/launcher/internal/enginelog"
	"github.com/gochimera/chimera/launcher/internal/following"
	"github.com/gochimera/chimera/launcher/internal/launching"
	"github.com/gochimera/chimera/launcher/internal/probe"
)

// Managers tell no events of tasks, so they are asked: often while something changes.
const (
	lookQuick = 100 * time.Millisecond
	lookCalm  = 500 * time.Millisecond
)

// watched is what the watching knows of a worker. It belongs to one goroutine.
type watched struct {
	task    string // that the worker is now; empty: none
	node    string
	address string // where its port is published
	follow  *following.Following
	named   bool            // the task has passed its health check: the other workers know its name
	ended   map[string]bool // tasks whose end was reported
	before  bool            // there was a task that ended
	idle    chan struct{}   // of the member, as it was when the tasks were asked for
}

// watch looks after the tasks of this launch until ctx ends: where they are, what they write, when they end.
func (f *fleet) watch(ctx context.Context) {
	known := make([]*watched, len(f.members))
	for i := range known {
		known[i] = &watched{ended: map[string]bool{}}
	}
	defer func() {
		for _, k := range known {
			k.follow.End()
		}
	}()
	broken := false
	for ctx.Err() == nil {
		for i, m := range f.members {
			known[i].idle = m.parked()
		}
		tasks, err := f.tasks(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			broken = false
		case !broken:
			broken = true
			f.Log.WarnContext(ctx, "the swarm's manager does not say where the workers are; asking again", "error", err)
		}
		pause := lookCalm
		if err == nil {
			if !f.lookAll(ctx, known, tasks) {
				pause = lookQuick
			}
		}
		_ = probe.Sleep(ctx, pause) // the loop looks at ctx
	}
}

// lookAll looks at all workers at the same time, and reports whether all run.
func (f *fleet) lookAll(ctx context.Context, known []*watched, tasks map[string][]swarm.Task) bool {
	calm := make([]bool, len(known))
	var looking sync.WaitGroup
	for i, m := range f.members {
		looking.Go(func() { calm[i] = f.look(ctx, m, known[i], tasks[m.Worker.Name]) })
	}
	looking.Wait()
	return !slices.Contains(calm, false)
}

// tasks are those of each worker, the newest first.
func (f *fleet) tasks(ctx context.Context) (map[string][]swarm.Task, error) {
	args, workers := filters.NewArgs(), map[string]string{}
	for _, m := range f.members {
		m.mu.Lock()
		if m.service != "" {
			args.Add("service", m.service)
			workers[m.service] = m.Worker.Name
		}
		m.mu.Unlock()
	}
	by := map[string][]swarm.Task{}
	if len(workers) == 0 {
		return by, nil
	}
	list, err := f.api().TaskList(ctx, swarm.TaskListOptions{Filters: args})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b swarm.Task) int { return cmp.Compare(b.Version.Index, a.Version.Index) })
	slices.SortStableFunc(list, func(a, b swarm.Task) int { return b.CreatedAt.Compare(a.CreatedAt) })
	for _, t := range list {
		by[workers[t.ServiceID]] = append(by[workers[t.ServiceID]], t)
	}
	return by, nil
}

// order is how far a task has come; those from over on run no more.
func order(s swarm.TaskState) int {
	return slices.Index([]swarm.TaskState{
		swarm.TaskStateNew, swarm.TaskStateAllocated, swarm.TaskStatePending, swarm.TaskStateAssigned, swarm.TaskStateAccepted, swarm.TaskStatePreparing,
		swarm.TaskStateReady, swarm.TaskStateStarting, swarm.TaskStateRunning, swarm.TaskStateComplete, swarm.TaskStateShutdown, swarm.TaskStateFailed,
		swarm.TaskStateRejected, swarm.TaskStateRemove, swarm.TaskStateOrphaned,
	}, s)
}

// has reports whether a task has a container that is to run, and over whether it runs no more.
func has(t swarm.Task) bool {
	return (t.Status.State == swarm.TaskStateStarting || t.Status.State == swarm.TaskStateRunning) && t.DesiredState == swarm.TaskStateRunning &&
		t.Status.ContainerStatus != nil && t.Status.ContainerStatus.ContainerID != ""
}

func over(t swarm.Task) bool { return order(t.Status.State) > order(swarm.TaskStateRunning) }

// look brings what is known of a worker up to date with its tasks. It reports whether the worker runs.
func (f *fleet) look(ctx context.Context, m *member, k *watched, tasks []swarm.Task) (calm bool) {
	for _, t := range slices.Backward(tasks) {
		// A task on a node that is lost does not end: Swarm wants it to, and another one in its place.
		if !k.ended[t.ID] && (over(t) || f.lost(t)) {
			k.ended[t.ID] = true
			f.taskEnded(ctx, m, k, t)
		}
	}
	f.note(m, k, tasks)
	for _, t := range tasks {
		if has(t) && !k.ended[t.ID] {
			if k.task != t.ID {
				f.taskBegan(ctx, m, k, t)
			}
			if k.task == t.ID && !k.named && t.Status.State == swarm.TaskStateRunning {
				f.taskNamed(ctx, m, k)
			}
			break
		}
	}
	select {
	case <-m.Announcement.Again():
		f.followTask(ctx, m, k)
	case <-k.follow.Ended(): // the connection to the manager was lost, or to the node
		if k.task != "" {
			f.followTask(ctx, m, k)
		}
	default:
	}
	return k.named && f.Stopping().Err() == nil
}

// lost reports whether Swarm wants a task to end, and its node does not answer.
func (f *fleet) lost(t swarm.Task) bool {
	return !over(t) && order(t.DesiredState) > order(swarm.TaskStateRunning) && f.Stopping().Err() == nil && f.unreachable(t.NodeID)
}

// note keeps why a worker's newest task does not run, whether anything runs of one that may run nowhere, and, once Stop has begun, whether all
// tasks have ended.
func (f *fleet) note(m *member, k *watched, tasks []swarm.Task) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.problem = ""
	if len(tasks) > 0 {
		m.problem = cmp.Or(tasks[0].Status.Err, tasks[0].Status.Message)
	}
	if k.idle != nil && k.idle == m.idle && !slices.ContainsFunc(tasks, func(t swarm.Task) bool { return f.runs(t) || begins(t) }) {
		close(m.idle)
		m.idle = nil
	}
	if f.Stopping().Err() == nil {
		return
	}
	m.quiet = !slices.ContainsFunc(tasks, f.runs)
}

// runs reports whether a task has a container that may run, on a node that answers.
func (f *fleet) runs(t swarm.Task) bool {
	return !over(t) && t.Status.ContainerStatus != nil && t.Status.ContainerStatus.ContainerID != "" && !f.unreachable(t.NodeID)
}

// begins reports whether a task is about to run somewhere: Swarm has not heard yet that it may run nowhere.
func begins(t swarm.Task) bool {
	parked := t.Spec.Placement != nil && slices.Contains(t.Spec.Placement.Constraints, nowhere)
	return !over(t) && order(t.DesiredState) <= order(swarm.TaskStateRunning) && !parked
}

// taskBegan follows what a worker's new task writes. While the launch goes on, it hands the worker's connections on to it at once, so that
// the launch sees how far it has come.
func (f *fleet) taskBegan(ctx context.Context, m *member, k *watched, t swarm.Task) {
	node, err := f.node(ctx, t.NodeID)
	if err != nil {
		return // asked again with the next look
	}
	k.follow.End()
	k.task, k.node, k.named, k.follow = t.ID, node.Description.Hostname, false, nil
	k.address = net.JoinHostPort(addressOf(node), strconv.Itoa(m.port))
	if !f.Up() {
		m.forward.point(k.address)
	}
	f.followTask(ctx, m, k)
}

// taskNamed hands the worker's connections on to its new task. Swarm has just given its name to the other workers, which may call it as
// soon as the master does: a name that they do not find costs them seconds.
func (f *fleet) taskNamed(ctx context.Context, m *member, k *watched) {
	k.named = true
	m.forward.point(k.address)
	m.once.Do(func() { close(m.named) })
	if k.before {
		f.Log.InfoContext(ctx, "a worker runs again", "worker", m.Worker.Name, "node", k.node)
		f.Again(m.Member)
	}
}

// taskEnded reports the end of a task, whose log is complete then, unless it is lost.
func (f *fleet) taskEnded(ctx context.Context, m *member, k *watched, t swarm.Task) {
	follow := (*following.Following)(nil)
	if k.task == t.ID {
		m.forward.point("")
		follow, k.follow, k.task, k.named = k.follow, nil, "", false
	}
	ran := t.Status.ContainerStatus != nil && t.Status.ContainerStatus.ContainerID != ""
	switch {
	case !over(t):
		follow.End()
		f.Log.WarnContext(ctx, "a worker's node does not answer: the worker is started on another one; if the node was only cut off, its old worker is not "+
			"asked any more, and ends when the node is back", "worker", m.Worker.Name, "node", f.nodeName(t.NodeID))
	case ran:
		f.drain(ctx, m, t.ID, follow)
	default:
		follow.End()
	}
	if !ran && t.Status.State == swarm.TaskStateShutdown {
		return // it waited for a node, and another one is in its place: no worker has ended
	}
	k.before = true
	exit, away := exitOf(m, t), m.IsAway()
	if stopping := f.Stopping().Err() != nil; stopping || away {
		m.mu.Lock()
		m.killed = m.killed || exit.Code == launching.KilledCode
		m.mu.Unlock()
		if stopping {
			return
		}
	}
	f.Ended(m.Member, exit, f.reason(m, t, ran))
	if !away && (t.Status.State == swarm.TaskStateComplete || t.Status.State == swarm.TaskStateFailed) && !f.Restart.Wants(exit) {
		f.Left(m.Member, exit)
	}
}

// reason is why a launch fails with a task that did not run, or not for long; nil if its exit status says it.
func (f *fleet) reason(m *member, t swarm.Task, ran bool) error {
	text := cmp.Or(t.Status.Err, t.Status.Message)
	switch {
	case strings.Contains(text, "port is already allocated"), strings.Contains(text, "address already in use"):
		return &docker.PortError{Worker: m.Worker.Name, Port: m.port, Err: errors.New(text)}
	case !ran:
		return &PlaceError{What: "worker " + m.Worker.Name, Node: f.nodeName(t.NodeID), Err: text}
	default:
		return nil
	}
}

// exitOf reads how a task ended.
func exitOf(m *member, t swarm.Task) launcher.Exit {
	status := t.Status.ContainerStatus
	if status == nil || status.ContainerID == "" || !over(t) {
		return m.Ended(-1)
	}
	return m.Ended(status.ExitCode)
}

// logOf opens the log of a task.
func (f *fleet) logOf(task string) enginelog.Source {
	return func(ctx context.Context, options container.LogsOptions) (io.ReadCloser, error) {
		return f.api().TaskLogs(ctx, task, options)
	}
}

func (f *fleet) followTask(ctx context.Context, m *member, k *watched) {
	k.follow.End()
	k.follow = enginelog.Follow(ctx, f.logOf(k.task), m.reader, func(err error) {
		if !errdefs.IsNotFound(err) {
			f.Log.DebugContext(ctx, "following a worker's log", "worker", m.Worker.Name, "error", err)
		}
	})
}

// drain reads the log of a task that has ended to its end.
func (f *fleet) drain(ctx context.Context, m *member, task string, follow *following.Following) {
	ctx, cancel := context.WithTimeout(ctx, logTime)
	defer cancel()
	follow.End() // it does not end with the task
	if err := m.reader.Drain(ctx, f.logOf(task), nil); err != nil && ctx.Err() == nil && !errdefs.IsNotFound(err) {
		f.Log.WarnContext(ctx, "reading the end of a worker's log", "worker", m.Worker.Name, "error", err)
	}
}

// logTime is how long the end of a task's log may take to come from its node.
const logTime = 5 * time.Second

// node asks for a node, whose address may have changed.
func (f *fleet) node(ctx context.Context, id string) (swarm.Node, error) {
	node, _, err := f.api().NodeInspectWithRaw(ctx, id)
	return node, err
}

func (l *launch) nodeName(id string) string {
	if id == "" {
		return ""
	}
	if n, _, err := l.api().NodeInspectWithRaw(context.Background(), id); err == nil {
		return n.Description.Hostname
	}
	return id
}

// unreachable reports whether the manager does not hear from a node.
func (f *fleet) unreachable(id string) bool {
	n, err := f.node(context.Background(), id)
	return err == nil && n.Status.State == swarm.NodeStateDown
}

// addressOf is where a node is reached. A manager's own may be an address that means all.
func addressOf(n swarm.Node) string {
	address := n.Status.Addr
	if ip := net.ParseIP(address); n.ManagerStatus != nil && (ip == nil || ip.IsUnspecified() || ip.IsLoopback()) {
		if host, _, err := net.SplitHostPort(n.ManagerStatus.Addr); err == nil {
			return host
		}
	}
	return address
}
