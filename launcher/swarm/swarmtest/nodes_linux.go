package swarmtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/gochimera/chimera/launcher/internal/machines"
)

// within makes a swarm and runs this binary again in its namespace. An error says why there is no swarm.
func within() (status int, err error) {
	if os.Geteuid() != 0 {
		return 0, errors.New("network namespaces need root")
	}
	for _, tool := range []string{"dockerd", "docker", "ip", "nsenter", "unshare"} {
		if _, err := exec.LookPath(tool); err != nil {
			return 0, err
		}
	}
	dir, err := os.MkdirTemp("", "swarm-")
	if err != nil {
		return 0, err
	}
	s := &Swarm{Name: "swarm" + strconv.Itoa(os.Getpid()), Dir: dir}
	runtime.LockOSThread() // the engines end with the thread that has started them
	defer s.down()
	if err := s.up(); err != nil {
		return 0, err
	}
	text, err := json.Marshal(s)
	if err != nil {
		return 0, err
	}
	return s.net().Again([]string{envNodes + "=" + string(text)})
}

// up makes the namespaces, the wires and the engines, and joins them.
func (s *Swarm) up() error {
	if err := s.net().Make(); err != nil {
		return err
	}
	var errs [nodes]error
	for i := range nodes {
		errs[i] = s.begin(i)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	if err := s.docker(0, "swarm", "init", "--advertise-addr", s.net().Address(0)); err != nil {
		return err
	}
	token, err := machines.Output("docker", "-H", s.Host(0), "swarm", "join-token", "-q", "worker")
	if err != nil {
		return err
	}
	return s.docker(1, "swarm", "join", "--advertise-addr", s.net().Address(1), "--token", token, s.net().Address(0)+":2377")
}

func (s *Swarm) docker(node int, args ...string) error {
	return machines.Command("docker", append([]string{"-H", s.Host(node)}, args...)...)
}

// begin starts a node's engine and waits until it answers.
func (s *Swarm) begin(node int) error {
	dir := s.folder(node)
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "daemon.json"), []byte(`{"insecure-registries": ["`+machines.Subnet+`"]}`), 0o600); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	driver := ""
	if _, err := exec.LookPath("fuse-overlayfs"); err == nil {
		driver = "--storage-driver=fuse-overlayfs" // what works on a file system that is an overlay itself
	}
	// nsenter, and not `ip netns exec`, which mounts /sys anew and so hides the cgroups from the engine.
	script := fmt.Sprintf("hostname %s; mkdir -p /run/docker; mount -t tmpfs none /run/docker; exec nsenter --net=%s dockerd "+
		"--config-file %[3]s/daemon.json --data-root %[3]s/data --exec-root %[3]s/exec --pidfile %[3]s/pid -H unix://%[3]s/docker.sock "+
		"%[4]s --mtu 1400 --cgroup-parent /%[5]s", s.NodeName(node), s.net().Space(node), dir, driver, filepath.Base(s.net().Space(node)))
	engine := exec.Command("unshare", "--uts", "--mount", "sh", "-c", script) //nolint:noctx // end does that
	engine.Stdout, engine.Stderr = log, log
	engine.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if os.Getenv(envNodes) == "" {
		engine.SysProcAttr.Pdeathsig = syscall.SIGTERM
	}
	if err := engine.Start(); err != nil {
		return err
	}
	go reap(engine)
	return s.ready(node)
}

// reap waits for an engine, so that it can be seen to have ended.
func reap(engine *exec.Cmd) { _ = engine.Wait() }

// end ends a node's engine.
func (s *Swarm) end(node int) {
	pid := s.pid(node)
	if pid == 0 {
		return
	}
	_ = syscall.Kill(pid, syscall.SIGTERM)
	for range 300 {
		if syscall.Kill(pid, 0) != nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// down removes all.
func (s *Swarm) down() {
	for i := range nodes {
		s.end(i)
	}
	s.net().Remove()
	if err := os.RemoveAll(s.Dir); err != nil {
		fmt.Fprintln(os.Stderr, "left behind:", err)
	}
}
