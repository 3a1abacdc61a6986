package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"path"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"github.com/gochimera/chimera/internal/ociimage"
	"github.com/gochimera/chimera/launcher"
)

// Where a container has its worker's secret: in a volume of its own, which goes with it. The container's own files are
// read-only, also for the engine; an image or a variable would show the secret to whoever inspects them.
const (
	identityFolder = "/run/chimera"
	identityName   = "identity"
	ownerReads     = 0o400
)

// identityVariable says where the secret is.
func (l *launch) identityVariable() []string {
	if l.Identity == nil {
		return nil
	}
	return []string{launcher.EnvIdentity + "=" + path.Join(identityFolder, identityName)}
}

// identityMount is the volume.
func (l *launch) identityMount() []mount.Mount {
	if l.Identity == nil {
		return nil
	}
	return []mount.Mount{{Type: mount.TypeVolume, Target: identityFolder, VolumeOptions: &mount.VolumeOptions{Labels: l.labels("", true), NoCopy: true}}}
}

// introduce puts the worker's secret into its container, which has not been started.
func (l *launch) introduce(ctx context.Context, m *member) error {
	if l.Identity == nil {
		return nil
	}
	secret, err := l.Identity.Issue(m.Worker.Name)
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	files := tar.NewWriter(&archive)
	err = files.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: identityName, Size: int64(len(secret)), Mode: ownerReads, Uid: ociimage.UserID, Gid: ociimage.UserID,
	})
	if err == nil {
		_, err = files.Write(secret)
	}
	if err == nil {
		err = files.Close()
	}
	if err != nil {
		return fmt.Errorf("the identity of worker %s: %w", m.Worker.Name, err)
	}
	if err := l.engine.api.CopyToContainer(ctx, m.id, identityFolder, &archive, container.CopyToContainerOptions{}); err != nil {
		return fmt.Errorf("giving worker %s its identity: %w", m.Worker.Name, l.engine.explain(err))
	}
	return nil
}
