// Package ociimage puts container images together of files of this machine, on top of nothing: no image is pulled, and there
// is no Dockerfile and no registry. The same files under the same names make the same image, whenever and wherever: owners,
// times and order are fixed.
//
// The package imports go-containerregistry; it knows no engine.
package ociimage
