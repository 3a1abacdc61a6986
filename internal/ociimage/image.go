package ociimage

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// User is who the programs of our images run as: nobody in particular, since an empty file system has no users.
const User = "65532:65532"

// UserID is the number of User, and of its group, for files that it may read.
const UserID = 65532

// Single is a layer of one file of this machine, at a path of the image such as /serve.
func Single(path, source string, mode int64) (*Layer, error) {
	info, err := os.Stat(source)
	if err != nil {
		return nil, err
	}
	return NewLayer([]File{{Name: strings.TrimPrefix(path, "/"), Source: source, Mode: mode, Size: info.Size()}})
}

// Spec says what an image is.
type Spec struct {
	OS, Arch string    // as GOOS and GOARCH
	Created  time.Time // the zero time is none
	Config   v1.Config // how its containers run
	Layers   []*Layer  // in their order
}

// Image is an image with the name by which an engine knows it.
type Image struct {
	v1.Image
	Tag  name.Tag
	Size int64 // of its layers, in bytes
}

// New puts an image together. tag names it, by the hexadecimal digest of its configuration.
func New(s Spec, tag func(digest string) (name.Tag, error)) (*Image, error) {
	made := new(Image)
	layers := make([]v1.Layer, len(s.Layers))
	for i, l := range s.Layers {
		layers[i] = l
		made.Size += l.size
	}
	var err error
	if made.Image, err = mutate.AppendLayers(empty.Image, layers...); err != nil {
		return nil, err
	}
	config, err := made.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created, config.Config = s.OS, s.Arch, v1.Time{Time: s.Created}, s.Config
	if made.Image, err = mutate.ConfigFile(made.Image, config); err != nil {
		return nil, err
	}
	id, err := made.ConfigName()
	if err != nil {
		return nil, err
	}
	made.Tag, err = tag(id.Hex)
	return made, err
}

// repository is what engines take for the name of one (distribution specification, pulling manifests), where package name takes more.
var repository = regexp.MustCompile(`^[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$`)

// ParseTag reads an image's name, NAME or NAME:TAG; without a tag it is latest.
func ParseTag(s string) (name.Tag, error) {
	tag, err := name.NewTag(s)
	if err != nil || !repository.MatchString(tag.RepositoryStr()) {
		return name.Tag{}, fmt.Errorf("%q is no name of an image: want NAME or NAME:TAG, such as iris:1 or registry.example.org/iris:1", s)
	}
	if !strings.HasSuffix(s, ":"+tag.TagStr()) {
		return name.NewTag(s + ":" + tag.TagStr())
	}
	return tag, nil
}

// Reference is what an engine calls the image.
func (i *Image) Reference() string { return i.Tag.String() }

// Write writes the image as `docker load` reads it.
func (i *Image) Write(w io.Writer) error { return tarball.Write(i.Tag, i.Image, w) }
