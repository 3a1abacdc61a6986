//go:build unix

package kubernetes

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// unpack fetches the image and writes its files, and those of the pod's secrets.
func (n *node) unpack(r *running) error {
	r.dir = filepath.Join(n.dir, string(r.pod.UID))
	ref, err := name.ParseReference(r.pod.Spec.Containers[0].Image)
	if err != nil {
		return err
	}
	image, err := remote.Image(ref)
	if err != nil {
		return err
	}
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	for _, l := range layers {
		body, err := l.Uncompressed()
		if err != nil {
			return err
		}
		if err := errors.Join(untar(body, r.dir), body.Close()); err != nil {
			return err
		}
	}
	for _, v := range r.pod.Spec.Volumes {
		if v.Secret == nil {
			continue
		}
		secret, err := n.api.CoreV1().Secrets(r.pod.Namespace).Get(context.Background(), v.Secret.SecretName, metav1.GetOptions{})
		if err != nil {
			return err
		}
		at := filepath.Join(r.dir, filepath.FromSlash(r.pod.Spec.Containers[0].VolumeMounts[0].MountPath))
		for file, text := range secret.Data {
			if err := errors.Join(os.MkdirAll(at, 0o700), os.WriteFile(filepath.Join(at, file), text, 0o600)); err != nil {
				return err
			}
		}
	}
	return nil
}

func untar(r io.Reader, dir string) error {
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		at := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			if err := os.MkdirAll(at, 0o755); err != nil {
				return err
			}
			continue
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return err
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, text, os.FileMode(h.Mode)&0o777)); err != nil { //nolint:gosec // a mode
			return err
		}
	}
}

// runContainer runs the image's program until it ends.
func (n *node) runContainer(r *running, status *corev1.ContainerStatus, restart int) *corev1.ContainerStateTerminated {
	c := r.pod.Spec.Containers[0]
	log := &logbook{ended: make(chan struct{})}
	cmd, err := n.startProcess(r, c, log)
	if err != nil {
		n.Errorf("starting %s: %v", r.pod.Name, err)
		return &corev1.ContainerStateTerminated{ExitCode: 128, Message: err.Error()}
	}
	id := fmt.Sprintf("test://%s/%d", r.pod.UID, restart)
	r.mu.Lock()
	r.logs, r.process, r.waiting = append(r.logs, log), cmd, false
	r.mu.Unlock()
	status.ContainerID, status.State = id, corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	r.pod.Status.Phase, r.pod.Status.ContainerStatuses = corev1.PodRunning, []corev1.ContainerStatus{*status}
	n.update(r)
	ended := make(chan struct{})
	n.wg.Go(func() { n.endProcess(r, cmd, ended) })
	_ = cmd.Wait() // the state says more
	close(ended)
	close(log.ended)
	code := cmd.ProcessState.ExitCode()
	if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		code = 128 + int(s.Signal())
	}
	return &corev1.ContainerStateTerminated{ExitCode: int32(code), ContainerID: id} //nolint:gosec // an exit status
}

// startProcess starts the image's program. Its file was just written, and a process that somebody else forked meanwhile may still
// have it open, so that the system refuses for a moment.
func (n *node) startProcess(r *running, c corev1.Container, log io.Writer) (*exec.Cmd, error) {
	for {
		cmd := n.command(r, c, log)
		err := cmd.Start()
		if !errors.Is(err, syscall.ETXTBSY) {
			return cmd, err
		}
		goruntime.Gosched()
	}
}

func (n *node) command(r *running, c corev1.Container, log io.Writer) *exec.Cmd {
	cmd := exec.Command(filepath.Join(r.dir, "worker")) //nolint:gosec // ours; it is told to end by endProcess
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.dir, log, log
	for _, e := range c.Env {
		value := e.Value
		switch e.Name {
		case "CHIMERA_WORKERS_PORT": // pods have an address each; processes have not
			r.mu.Lock()
			if r.port == 0 {
				r.port = freePort(n.T)
			}
			value = strconv.Itoa(r.port)
			r.mu.Unlock()
		case "CHIMERA_WORKERS_HOST":
			value = "127.0.0.1"
		case "CHIMERA_TRAIN_DATA", "CHIMERA_WORKERS_IDENTITY":
			value = filepath.Join(r.dir, filepath.FromSlash(value))
		}
		cmd.Env = append(cmd.Env, e.Name+"="+value)
	}
	return cmd
}

// endProcess asks a process to end when its pod is to go, and kills it after the pod's grace, or at once.
func (n *node) endProcess(r *running, cmd *exec.Cmd, ended chan struct{}) {
	select {
	case <-ended:
		return
	case <-r.removed:
	}
	_ = cmd.Process.Signal(syscall.SIGTERM) // it fails only if it has ended
	grace := time.NewTimer(time.Duration(*r.pod.Spec.TerminationGracePeriodSeconds) * time.Second)
	defer grace.Stop()
	select {
	case <-ended:
	case <-grace.C:
	case <-r.hurry:
	}
	_ = cmd.Process.Kill() // likewise
}
