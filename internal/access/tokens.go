package access

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Limits of a list of tokens, and of a token.
const (
	mostTokens = 10_000
	longest    = 512 // bytes of a token; a longer one is compared with none
	shortest   = 16  // bytes of one that is listed as it is: fewer can be guessed
	mostBytes  = 4 << 20
)

// hashed begins a token of which a list has only the digest.
const hashed = "sha256:"

// digest is what is kept of a token.
type digest = [sha256.Size]byte

// grant is a token's digest, and what its bearer may do.
type grant struct {
	digest digest
	role   Role
}

// list are the tokens that are valid.
type list struct {
	grants []grant
	plain  bool // there is one that is listed as it is
}

// role is that of a token: the greatest, if it is listed more than once. It takes as long whether and where a token is listed.
func (l *list) role(token string) (Role, bool) {
	sum, found, admin := sha256.Sum256([]byte(token)), 0, 0
	for i := range l.grants {
		g := &l.grants[i]
		same := subtle.ConstantTimeCompare(sum[:], g.digest[:])
		found |= same
		if g.role == Admin {
			admin |= same
		}
	}
	switch {
	case admin == 1:
		return Admin, true
	case found == 1:
		return Predict, true
	default:
		return Open, false
	}
}

// parse reads a list of tokens: a line for each, of a role, the token or sha256: and its digest, and, if somebody likes, a name.
// Errors name the line and never what is in it.
func parse(name string, from io.Reader) (*list, error) {
	l := &list{}
	lines := bufio.NewScanner(io.LimitReader(from, mostBytes))
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		fail := func(why string) error {
			return fmt.Errorf("%s:%d: %s; a line is a role, a token and perhaps a name, as in %q", name, n, why, "predict sha256:… dashboard")
		}
		role, err := ParseRole(fields[0])
		switch {
		case err != nil:
			return nil, fail(err.Error())
		case len(fields) == 1:
			return nil, fail("there is no token")
		case len(fields) > 3:
			return nil, fail("there is more than a role, a token and a name")
		case len(l.grants) == mostTokens:
			return nil, fail(fmt.Sprintf("there are more than %d tokens", mostTokens))
		}
		g := grant{role: role}
		if text, is := strings.CutPrefix(fields[1], hashed); is {
			sum, err := hex.DecodeString(text)
			if err != nil || len(sum) != len(g.digest) {
				return nil, fail("what follows sha256: is not a digest of 64 hexadecimal digits")
			}
			copy(g.digest[:], sum)
		} else {
			if err := Usable(fields[1]); err != nil {
				return nil, fail(err.Error())
			}
			g.digest, l.plain = sha256.Sum256([]byte(fields[1])), true
		}
		l.grants = append(l.grants, g)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: a line is too long, or cannot be read: %w", name, err)
	}
	return l, nil
}

// Usable is an error if a text cannot be a token. It does not say what the text is.
func Usable(token string) error {
	switch {
	case len(token) < shortest:
		return fmt.Errorf("the token has fewer than %d characters: make one with chimera token", shortest)
	case len(token) > longest:
		return fmt.Errorf("the token has more than %d characters", longest)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("the token has characters beside letters, digits and punctuation of ASCII")
	}
	return nil
}

// ReadToken reads a file whose only content is a token.
func ReadToken(file string) (string, error) {
	text, err := readSmall(file)
	if err != nil {
		return "", err
	}
	token := string(bytes.TrimSpace(text))
	if err := Usable(token); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return token, nil
}

// readSmall reads a file of which nobody expects much.
func readSmall(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, mostBytes))
	return text, errors.Join(err, f.Close())
}

// stamp tells whether a file is the one that it was.
type stamp struct{ info fs.FileInfo }

func (s stamp) same(other fs.FileInfo) bool {
	return s.info != nil && os.SameFile(s.info, other) && s.info.Size() == other.Size() && s.info.ModTime().Equal(other.ModTime())
}
