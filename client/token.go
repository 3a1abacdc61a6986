package client

import (
	"os"
	"sync"
	"time"

	"github.com/gochimera/chimera/internal/access"
)

// WithToken has the client show a token in every request, for a master whose chimera.yaml has security.clients: token.
func WithToken(token string) Option {
	return func(c *Client) error {
		if err := access.Usable(token); err != nil {
			return err
		}
		c.http.Present(func() string { return bearer(token) })
		return nil
	}
}

// WithTokenFile is WithToken for the token that is all of a file's text. A file that has changed is read again.
func WithTokenFile(file string) Option {
	return func(c *Client) error {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		token, err := access.ReadToken(file)
		if err != nil {
			return err
		}
		t := &tokenFile{name: file, token: token, size: info.Size(), changed: info.ModTime()}
		c.http.Present(t.header)
		return nil
	}
}

// tokenFile is a file with a token.
type tokenFile struct {
	name string

	mu      sync.Mutex
	token   string
	size    int64
	changed time.Time
}

// header is the current token. While the file cannot be read, or is wrong, it is the one that was.
func (t *tokenFile) header() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	info, err := os.Stat(t.name)
	if err != nil || info.Size() == t.size && info.ModTime().Equal(t.changed) {
		return bearer(t.token)
	}
	if token, err := access.ReadToken(t.name); err == nil {
		t.token, t.size, t.changed = token, info.Size(), info.ModTime()
	}
	return bearer(t.token)
}

func bearer(token string) string { return "Bearer " + token }
