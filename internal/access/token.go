package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
)

// prefix begins the tokens that are made here, so that programs that look for secrets where none belong find them.
const prefix = "chimera_"

// secretBytes are the random bytes of a token.
const secretBytes = 32

// NewToken makes a token that nobody guesses.
func NewToken() string {
	var secret [secretBytes]byte
	_, _ = rand.Read(secret[:]) // it never fails
	return prefix + base64.RawURLEncoding.EncodeToString(secret[:])
}

// Add makes a token and adds its digest to the list in a file, which it makes if there is none. A name may be empty.
func Add(file string, role Role, name string) (token string, err error) {
	if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f }) || len(name) > 64 {
		return "", errors.New("want a name of at most 64 characters without spaces")
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := parse(file, f); err != nil { // a master would not take it, with or without the new line
		return "", err
	}
	gap, err := unended(f)
	if err != nil {
		return "", err
	}
	token = NewToken()
	sum := sha256.Sum256([]byte(token))
	line := strings.TrimSpace(fmt.Sprintf("%s %s%s %s", role, hashed, hex.EncodeToString(sum[:]), name))
	if _, err := f.WriteString(gap + line + "\n"); err != nil {
		return "", err
	}
	return token, nil
}

// unended is the end of a line that the last line of a file lacks.
func unended(f *os.File) (string, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return "", err
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], info.Size()-1); err != nil {
		return "", err
	}
	if last[0] != '\n' {
		return "\n", nil
	}
	return "", nil
}
