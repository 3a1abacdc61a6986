package wire

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
)

// JSON has no checksum of its own, as frames have, and one changed letter of it may be
// JSON again that says something else. So between our own programs it travels with a digest (RFC 9530):
// of a request's body if that is small, and of an answer if the caller wants one.
const (
	HeaderDigest     = "Content-Digest"
	HeaderWantDigest = "Want-Content-Digest" // of a request: the answer should have one
	WantDigest       = digestName + "=1"     // its value

	digestName = "sha-256"

	// mostDigested bounds the bodies that have a digest: what nodes tell each other is small, and a client's
	// rows need not wait for it.
	mostDigested = 1 << 20
)

// Digest is the value of HeaderDigest for a body; empty if the body is too large to have one.
func Digest(body []byte) string {
	if len(body) > mostDigested {
		return ""
	}
	return digest(body)
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return digestName + "=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// CheckDigest compares a body with its header's digest, if there is one that this program knows. The
// error wraps ErrDamaged.
func CheckDigest(header http.Header, body []byte) error {
	for one := range strings.SplitSeq(strings.Join(header.Values(HeaderDigest), ","), ",") {
		name, value, found := strings.Cut(strings.TrimSpace(one), "=")
		if !found || !strings.EqualFold(name, digestName) {
			continue
		}
		if digestName+"="+value != digest(body) {
			return fmt.Errorf("%w: its digest is another than %s says", ErrDamaged, HeaderDigest)
		}
	}
	return nil
}

// AddDigest adds the digest of an answer to its header if the caller wants one.
func AddDigest(wanted string, body []byte, set func(name, value string)) {
	if value := Digest(body); value != "" && strings.Contains(wanted, digestName) {
		set(HeaderDigest, value)
	}
}
