//go:build linux

package realcluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gochimera/chimera/launcher/internal/machines"
)

// nodes is how many there are beside the machine with the control plane and the tests.
const nodes = 2

// within makes a cluster, runs this test binary again beside its API server, and removes the cluster.
func within() (status int, err error) {
	if os.Geteuid() != 0 {
		return 0, errors.New("network namespaces and containers need root")
	}
	if err := install(); err != nil {
		return 0, err
	}
	programs, err := build()
	if err != nil {
		return 0, err
	}
	// The tests build workers, where there is no network.
	if err := machines.Command("go", "-C", filepath.Join("..", "..", ".."), "list", "-deps", "./workers/...", "./learner/..."); err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "kube-")
	if err != nil {
		return 0, err
	}
	// What interrupts the tests is not to end this process, which has to remove the cluster.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM)
	runtime.LockOSThread() // what runs the tests ends with the thread that has started it
	c := &Cluster{Name: "kube" + strconv.Itoa(os.Getpid()), Dir: dir, Programs: programs}
	defer func() { err = errors.Join(err, c.down()) }()
	if err := errors.Join(c.wires(), c.papers()); err != nil {
		return 0, err
	}
	text, err := json.Marshal(c)
	if err != nil {
		return 0, err
	}
	// With names as a pod of namespace ml has them.
	script := fmt.Sprintf(`mount --bind %s /etc/resolv.conf && exec "$@"`, c.file("resolv.conf"))
	return c.net().Again([]string{envCluster + "=" + string(text), "GOPROXY=off"}, "unshare", "--mount", "sh", "-c", script, "sh")
}

func (c *Cluster) net() machines.Net { return machines.Net{Name: c.Name, Count: nodes} }

func (c *Cluster) file(name string) string { return filepath.Join(c.Dir, name) }

// server is the address of the API server.
func (c *Cluster) server() string { return "https://" + c.net().Address(machines.Host) + ":6443" }

// registry is where images are fetched, if a test serves there.
func (c *Cluster) registry() string { return c.net().Address(machines.Host) + ":5000" }

// podNet begins the addresses of a node's pods.
func podNet(node int) string { return fmt.Sprintf("10.244.%d.", node+1) }

// inside starts everything, runs the tests, and returns the exit status. The cluster is removed by whoever has started this process.
func inside(run func() int) int {
	c := new(Cluster)
	err := json.Unmarshal([]byte(os.Getenv(envCluster)), c)
	runtime.LockOSThread() // the cluster's programs end with the thread that has started them
	c.tied = true
	began := time.Now()
	if err == nil {
		err = c.up()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "the cluster:", err)
		return 1
	}
	fmt.Fprintf(os.Stderr, "the cluster is up after %.1f s\n", time.Since(began).Seconds())
	return run()
}

// up starts everything and waits until both nodes are ready.
func (c *Cluster) up() error {
	if err := c.control(); err != nil {
		return err
	}
	for i := range nodes {
		if err := c.begin(i); err != nil {
			return err
		}
	}
	return c.awaitNodes()
}

// wires makes the machines, and the ways to their pods.
func (c *Cluster) wires() error {
	n := c.net()
	if err := n.Make(); err != nil {
		return err
	}
	for i := range nodes {
		if err := machines.Command("ip", "-n", filepath.Base(n.Space(machines.Host)), "route", "add", podNet(i)+"0/24", "via", n.Address(i)); err != nil {
			return err
		}
		other := 1 - i
		if err := machines.Command("ip", "-n", filepath.Base(n.Space(i)), "route", "add", podNet(other)+"0/24", "via", n.Address(other)); err != nil {
			return err
		}
		if err := machines.Command("nsenter", "--net="+n.Space(i), "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"); err != nil {
			return err
		}
	}
	return nil
}

// papers writes certificates and what else the programs read.
func (c *Cluster) papers() error {
	host := c.net().Address(machines.Host)
	a, err := newAuthority(c.Dir)
	if err != nil {
		return err
	}
	errs := []error{
		a.server("apiserver", host, "kubernetes", "kubernetes.default", "kubernetes.default.svc"),
		a.client("admin", c.server(), "admin", "system:masters"),
		a.client("kube-controller-manager", c.server(), "system:kube-controller-manager"),
		a.client("kube-scheduler", c.server(), "system:kube-scheduler"),
	}
	for i := range nodes {
		name := c.net().HostName(i)
		errs = append(errs, a.client(name, c.server(), "system:node:"+name, "system:nodes"))
	}
	names := fmt.Sprintf("cluster.local.:53 {\n\terrors\n\tkubernetes cluster.local {\n\t\tkubeconfig %s test\n\t\tttl 0\n\t}\n}\n", c.file("admin.kubeconfig"))
	search := fmt.Sprintf("nameserver %s\nsearch ml.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n", host)
	return errors.Join(append(errs, os.WriteFile(c.file("Corefile"), []byte(names), 0o600), os.WriteFile(c.file("resolv.conf"), []byte(search), 0o644))...)
}

// control starts the control plane.
func (c *Cluster) control() error {
	host := c.net().Address(machines.Host)
	key := c.file("ca.key") // it signs the tokens of service accounts as well
	all := [][]string{
		{"server", "--data-dir", c.file("etcd"), "--unsafe-no-fsync", "--log-level", "warn"},
		{
			"kube-apiserver", "--etcd-servers=http://127.0.0.1:2379", "--bind-address=" + host, "--advertise-address=" + host, "--secure-port=6443",
			"--tls-cert-file=" + c.file("apiserver.crt"), "--tls-private-key-file=" + c.file("apiserver.key"), "--client-ca-file=" + c.file("ca.crt"),
			"--kubelet-client-certificate=" + c.file("admin.crt"), "--kubelet-client-key=" + c.file("admin.key"),
			"--kubelet-preferred-address-types=InternalIP", "--service-account-issuer=https://kubernetes.default.svc",
			"--service-account-key-file=" + key, "--service-account-signing-key-file=" + key, "--service-cluster-ip-range=10.96.0.0/24",
			"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
		},
		{
			"kube-controller-manager", "--kubeconfig=" + c.file("kube-controller-manager.kubeconfig"), "--leader-elect=false", "--use-service-account-credentials",
			"--service-account-private-key-file=" + key, "--root-ca-file=" + c.file("ca.crt"),
			"--node-monitor-period=1s", "--node-monitor-grace-period=" + lost.String(), // else 50 s, for which tests would wait
		},
		{"kube-scheduler", "--kubeconfig=" + c.file("kube-scheduler.kubeconfig"), "--leader-elect=false"},
		{"names", "-conf", c.file("Corefile")},
	}
	for i, args := range all {
		if err := c.run(args[0], filepath.Join(c.Programs, args[0]), args[1:]...); err != nil {
			return err
		}
		if i == 1 {
			if err := c.awaitServer(); err != nil {
				return err
			}
		}
	}
	return nil
}

// lost is how long the controller manager hears nothing of a node until it takes it for lost.
const lost = 8 * time.Second

// run starts a program that writes to a log of its own.
func (c *Cluster) run(name, program string, args ...string) error {
	log, err := os.OpenFile(c.file(name+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()    // the program has one of its own
	cmd := exec.Command(program, args...) //nolint:noctx // down ends it
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if c.tied { // the thread of a test may end before the tests do
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // so that it can be seen to have ended
	return os.WriteFile(c.file(name+".pid"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600)
}

// end kills a program that run has started, and returns when it has ended.
func (c *Cluster) end(name string) error {
	text, err := os.ReadFile(c.file(name + ".pid"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil || pid <= 1 {
		return fmt.Errorf("the process of %s: %q, %w", name, text, err)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL) // it fails if it has ended
	return errors.Join(os.Remove(c.file(name+".pid")), c.within(name+" has not ended", func(context.Context) error {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err == nil && !strings.Contains(string(stat), ") Z ") { // one that nobody has waited for has ended
			return fmt.Errorf("process %d is there", pid)
		}
		return nil
	}))
}

// within asks again and again until there is no error, for a minute.
func (c *Cluster) within(problem string, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", problem, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// said is the end of a program's log.
func (c *Cluster) said(name string) string {
	text, err := os.ReadFile(c.file(name + ".log"))
	if err != nil {
		return err.Error()
	}
	return name + ".log ends so:\n" + string(text[max(0, len(text)-3000):])
}

func (c *Cluster) awaitServer() error {
	api, err := c.client()
	if err != nil {
		return err
	}
	err = c.within("the API server is not ready", func(ctx context.Context) error {
		_, err := api.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, c.said("kube-apiserver"))
	}
	return nil
}

// awaitNodes waits until all nodes take pods.
func (c *Cluster) awaitNodes() error {
	api, err := c.client()
	if err != nil {
		return err
	}
	return c.within("the nodes are not ready; see the logs in "+c.Dir, func(ctx context.Context) error {
		list, err := api.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		ready := 0
		for _, n := range list.Items {
			for _, is := range n.Status.Conditions {
				if is.Type == corev1.NodeReady && is.Status == corev1.ConditionTrue && len(n.Spec.Taints) == 0 {
					ready++
				}
			}
		}
		if ready < nodes {
			return fmt.Errorf("%d of %d nodes are ready\n%s", ready, nodes, c.said(c.net().HostName(0)))
		}
		return nil
	})
}

// down ends everything and removes it.
func (c *Cluster) down() error {
	var errs []error
	for i := range nodes {
		errs = append(errs, c.end(c.net().HostName(i)))
	}
	for _, name := range []string{"names", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "server"} {
		errs = append(errs, c.end(name))
	}
	for i := range nodes {
		errs = append(errs, c.removeGroups(i))
	}
	c.net().Remove()
	if *logs != "" {
		files, _ := filepath.Glob(c.file("*.log")) // the pattern is right
		for _, f := range files {
			text, err := os.ReadFile(f)
			errs = append(errs, err, os.WriteFile(filepath.Join(*logs, filepath.Base(f)), text, 0o600))
		}
	}
	return errors.Join(append(errs, os.RemoveAll(c.Dir))...)
}
