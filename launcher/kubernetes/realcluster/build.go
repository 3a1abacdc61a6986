//go:build linux

package realcluster

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gochimera/chimera/launcher/internal/machines"
)

// The versions are those that the module in the folder binaries requires; kubelets and the API server tell theirs.
const version = "v1.37.2"

// programs are what a cluster is made of: packages of the module in a folder.
var programs = []struct{ folder, of string }{
	{"binaries", "tool"}, // what its go.mod calls tools: Kubernetes, etcd, and CoreDNS as names
	{"pause", "."},       // what holds a pod's namespaces
}

// packages are Debian's, by what is seen of them.
var packages = map[string]string{
	"/usr/bin/containerd": "containerd", "/usr/sbin/runc": "runc", "/usr/lib/cni/bridge": "containernetworking-plugins", "/usr/sbin/ip": "iproute2",
	"/usr/bin/nsenter": "util-linux",
}

// install installs the packages that are missing.
func install() error {
	var missing []string
	for file, name := range packages {
		if _, err := os.Stat(file); err != nil {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("a cluster needs %v, as Debian calls them: install them", missing)
	}
	fmt.Fprintln(os.Stderr, "installing", missing)
	if err := machines.Command("apt-get", "update", "-qq"); err != nil {
		return err
	}
	return machines.Command("apt-get", append([]string{"install", "-y", "-qq", "--no-install-recommends"}, missing...)...)
}

// build is the folder with the cluster's programs. They are built if it does not have them.
func build() (string, error) {
	cache := os.Getenv("CHIMERA_CI_TOOLS")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(user, "chimera-ci")
	}
	key, err := fingerprint()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "kubernetes", version+"-"+key)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	began := time.Now()
	fmt.Fprintln(os.Stderr, "building the programs of a cluster, which takes minutes the first time")
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	made, err := os.MkdirTemp(filepath.Dir(dir), "building-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(made) }() // it is there only if something failed
	for _, p := range programs {
		goes := exec.Command("go", "build", "-p", "2", "-trimpath", "-ldflags", "-s -w -X k8s.io/component-base/version.gitVersion="+version, "-o", made+"/", p.of) //nolint:gosec,noctx,lll // ours
		goes.Dir, goes.Stderr = p.folder, os.Stderr
		goes.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOWORK=off")
		if err := goes.Run(); err != nil {
			return "", fmt.Errorf("building what is in %s: %w", p.folder, err)
		}
	}
	if err := os.Rename(made, dir); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "built in %.0f s, kept in %s\n", time.Since(began).Seconds(), dir)
	return dir, nil
}

// fingerprint is another one if the programs would be others.
func fingerprint() (string, error) {
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, runtime.Version(), runtime.GOARCH) // a hash does not fail
	var errs []error
	for _, file := range []string{"binaries/go.mod", "binaries/go.sum", "binaries/names/main.go", "pause/main.go"} {
		text, err := os.ReadFile(file)
		errs = append(errs, err)
		_, _ = sum.Write(text) // it never fails
	}
	return fmt.Sprintf("%x", sum.Sum(nil)[:4]), errors.Join(errs...)
}
