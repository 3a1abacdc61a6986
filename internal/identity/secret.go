package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// Mode is by what nodes know each other.
type Mode string

// The modes.
const (
	MTLS  Mode = "mtls"
	Token Mode = "token"
)

// version is that of a secret's form.
const version = 1

// secret is what a worker's program is given: one line of JSON.
type secret struct {
	Version int    `json:"version"`
	Mode    Mode   `json:"mode"`
	Project string `json:"project"`
	Worker  string `json:"worker"`

	Root        string `json:"root,omitempty"` // certificates and a key in PEM
	Certificate string `json:"certificate,omitempty"`
	Key         string `json:"key,omitempty"`

	Master string `json:"master,omitempty"` // SHA-256 of the token by which the master calls this worker
	Peers  string `json:"peers,omitempty"`  // the token by which the project's workers call each other
}

func (s secret) encode() ([]byte, error) { return json.Marshal(s) }

// digest is what is kept of a token to compare others with.
type digest = [sha256.Size]byte

// material is a secret that has been read.
type material struct {
	secret
	root *x509.Certificate
	leaf *x509.Certificate
	key  *ecdsa.PrivateKey

	master digest
}

// decode reads a secret. Its errors repeat nothing of it.
func decode(line []byte) (*material, error) {
	m := &material{}
	if err := json.Unmarshal(bytes.TrimSpace(line), &m.secret); err != nil {
		return nil, errors.New("the identity is not what a master issues: want one line of JSON")
	}
	if m.Version != version {
		return nil, fmt.Errorf("the identity has form %d, and this program reads %d: build the worker and its master with the same version", m.Version, version)
	}
	if m.Project == "" || m.Worker == "" {
		return nil, errors.New("the identity names no project and worker")
	}
	var err error
	switch m.Mode {
	case MTLS:
		if m.root, err = decodeCertificate(m.Root); err != nil {
			return nil, fmt.Errorf("the identity's root: %w", err)
		}
		if m.leaf, err = decodeCertificate(m.Certificate); err != nil {
			return nil, fmt.Errorf("the identity's certificate: %w", err)
		}
		if m.key, err = decodeKey(m.Key); err != nil {
			return nil, fmt.Errorf("the identity's key: %w", err)
		}
		if !m.key.PublicKey.Equal(m.leaf.PublicKey) {
			return nil, errors.New("the identity's key is not that of its certificate")
		}
		if err := check(m.root, m.leaf, m.leaf.NotAfter, true, workerURI(m.Project, m.Worker)); err != nil {
			return nil, fmt.Errorf("the identity's certificate: %w", err)
		}
	case Token:
		sum, err := hex.DecodeString(m.Master)
		if err != nil || len(sum) != len(m.master) || len(m.Peers) < 32 {
			return nil, errors.New("the identity's tokens cannot be read")
		}
		copy(m.master[:], sum)
	default:
		return nil, fmt.Errorf("the identity is for %q: want %s or %s", m.Mode, MTLS, Token)
	}
	return m, nil
}
