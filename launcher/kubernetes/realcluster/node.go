//go:build linux

package realcluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/launcher/internal/machines"
)

// What a node's programs read. They are given a nodePaper.
var (
	containerdFile = template.Must(template.New("containerd").Parse(`version = 2
root = "{{.Dir}}/data"
state = "{{.Dir}}/state"
[grpc]
address = "{{.Dir}}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
restrict_oom_score_adj = true
sandbox_image = "` + pauseImage + `"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{{.Dir}}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".registry.mirrors."{{.Registry}}"]
endpoint = ["http://{{.Registry}}"]
`))
	networkFile = template.Must(template.New("cni").Parse(`{"cniVersion": "0.4.0", "name": "pods", "plugins": [
{"type": "bridge", "bridge": "pods", "isGateway": true, "hairpinMode": true,
 "ipam": {"type": "host-local", "ranges": [[{"subnet": "{{.Pods}}0/24"}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "{{.Dir}}/addresses"}}
]}
`))
	// Two kubelets of one cgroup root would kill each other's pods.
	kubeletFile = template.Must(template.New("kubelet").Parse(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: {{.Address}}
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: {{.Authority}}}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /{{.Group}}
clusterDNS: [{{.Host}}]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix://{{.Dir}}/containerd.sock
enforceNodeAllocatable: []
evictionHard: {memory.available: "0%", nodefs.available: "0%", imagefs.available: "0%"}
failCgroupV1: false
failSwapOn: false
localStorageCapacityIsolation: false
nodeLeaseDurationSeconds: 4
nodeStatusUpdateFrequency: 2s
resolvConf: ""
`))
	// Under /run and /var of its own nothing is left of what programs write where they are not asked to. The first process of a
	// namespace of processes takes all others with it when it ends.
	nodeScript = template.Must(template.New("node").Parse(`hostname {{.Node}}
mount -t tmpfs none /run && mount -t tmpfs none /var/lib && mount -t tmpfs none /var/log || exit 1
containerd --config {{.Dir}}/containerd.toml &
until [ -S {{.Dir}}/containerd.sock ]; do sleep 0.1; done
{{.Programs}}/kubelet --config={{.Dir}}/kubelet.yaml --kubeconfig={{.Kubeconfig}} --root-dir={{.Dir}}/kubelet --cert-dir={{.Dir}}/kubelet/pki \
  --hostname-override={{.Node}} --node-ip={{.Address}} &
wait
`))
)

// pauseImage holds a pod's namespaces.
const pauseImage = "test.invalid/pause:1"

// nodePaper is what the files of a node are made of.
type nodePaper struct {
	Node, Dir, Address, Pods, Group                 string
	Host, Registry, Authority, Kubeconfig, Programs string
}

// group is the name of a node's cgroups.
func (c *Cluster) group(node int) string { return filepath.Base(c.net().Space(node)) }

// begin starts a node.
func (c *Cluster) begin(node int) error {
	n := c.net()
	p := nodePaper{
		Node: n.HostName(node), Dir: c.file(n.HostName(node)), Address: n.Address(node), Pods: podNet(node), Group: c.group(node),
		Host: n.Address(machines.Host), Registry: c.registry(), Authority: c.file("ca.crt"),
		Kubeconfig: c.file(n.HostName(node) + ".kubeconfig"), Programs: c.Programs,
	}
	if err := os.MkdirAll(filepath.Join(p.Dir, "cni"), 0o700); err != nil {
		return err
	}
	_ = os.Remove(filepath.Join(p.Dir, "containerd.sock")) // of before the node was killed
	for file, text := range map[string]*template.Template{
		"containerd.toml": containerdFile, "cni/pods.conflist": networkFile, "kubelet.yaml": kubeletFile, "node.sh": nodeScript,
	} {
		var b strings.Builder
		if err := errors.Join(text.Execute(&b, p), os.WriteFile(filepath.Join(p.Dir, file), []byte(b.String()), 0o600)); err != nil {
			return err
		}
	}
	if err := c.makeGroups(node); err != nil {
		return err
	}
	// nsenter, and not `ip netns exec`, which mounts /sys anew and so hides the cgroups.
	if err := c.run(p.Node, "nsenter", "--net="+n.Space(node), "unshare", "--uts", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
		"sh", filepath.Join(p.Dir, "node.sh")); err != nil {
		return err
	}
	image, err := c.pause()
	if err != nil {
		return err
	}
	err = c.within("containerd of "+p.Node+" takes no image", func(context.Context) error { return c.load(node, image) })
	if err != nil {
		return fmt.Errorf("%w\n%s", err, c.said(p.Node))
	}
	return nil
}

// load brings an image to a node, as a file that `chimera manifests --images` writes.
func (c *Cluster) load(node int, file string) error {
	return machines.Command("ctr", "--address", filepath.Join(c.file(c.net().HostName(node)), "containerd.sock"), "--namespace", "k8s.io", "images", "import",
		"--snapshotter", "native", file)
}

// pause is a file with the image of the program of that name.
func (c *Cluster) pause() (string, error) {
	file := c.file("pause.tar")
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	layer, err := ociimage.Single("/pause", filepath.Join(c.Programs, "pause"), 0o755)
	if err != nil {
		return "", err
	}
	image, err := ociimage.New(ociimage.Spec{
		OS: "linux", Arch: arch, Layers: []*ociimage.Layer{layer}, Config: v1.Config{Entrypoint: []string{"/pause"}, User: ociimage.User},
	}, func(string) (name.Tag, error) { return name.NewTag(pauseImage) })
	if err != nil {
		return "", err
	}
	out, err := os.Create(file)
	if err != nil {
		return "", err
	}
	return file, errors.Join(image.Write(out), out.Close())
}

// hierarchies are the folders of cgroups: one with version 2, one for each controller with version 1.
func hierarchies() ([]string, error) {
	const root = "/sys/fs/cgroup"
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		return []string{root}, nil
	}
	files, err := filepath.Glob(filepath.Join(root, "*", "cgroup.procs"))
	var dirs []string
	for _, f := range files {
		dirs = append(dirs, filepath.Dir(f))
	}
	return dirs, err
}

// makeGroups makes the cgroups below which all of a node's pods are.
func (c *Cluster) makeGroups(node int) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, h := range all {
		dir := filepath.Join(h, c.group(node))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} { // which version 1 does not inherit
			text, err := os.ReadFile(filepath.Join(h, file))
			if err != nil || len(strings.TrimSpace(string(text))) == 0 {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeGroups removes a node's cgroups, once what was in them has ended.
func (c *Cluster) removeGroups(node int) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	return c.within("the cgroups of "+c.net().HostName(node)+" are in use", func(context.Context) error {
		var errs []error
		for _, h := range all {
			var dirs []string
			_ = filepath.WalkDir(filepath.Join(h, c.group(node)), func(at string, d fs.DirEntry, err error) error {
				if err == nil && d.IsDir() {
					dirs = append(dirs, at)
				}
				return nil // one that has gone meanwhile is no fault
			})
			for i := len(dirs) - 1; i >= 0; i-- { // those within before those around
				if err := os.Remove(dirs[i]); !errors.Is(err, fs.ErrNotExist) {
					errs = append(errs, err)
				}
			}
		}
		return errors.Join(errs...)
	})
}
