package access

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// lookEvery is how often a list in a file is looked at again, when tokens are used.
const lookEvery = time.Second

// source is where the valid tokens are listed: a file, which is read again when it has changed, and a text that does not change.
type source struct {
	file  string // "" if there is none
	fixed *list
	log   *slog.Logger

	listed atomic.Pointer[list] // of the file
	looked atomic.Int64         // when the file was last looked at, in nanoseconds

	mu   sync.Mutex
	was  stamp
	fail string // why the file of now is not used
}

// newSource reads the lists; the file must be there and be right.
func newSource(file, text, variable string, log *slog.Logger) (*source, error) {
	s := &source{file: file, fixed: &list{}, log: log}
	if text != "" {
		fixed, err := parse(variable, strings.NewReader(strings.ReplaceAll(text, ";", "\n")))
		if err != nil {
			return nil, err
		}
		s.fixed = fixed
	}
	s.listed.Store(&list{})
	if file == "" {
		return s, nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	listed, err := s.read()
	if err != nil {
		return nil, err
	}
	if listed.plain && readable(info) {
		log.Warn("tokens are in a file that others of this machine can read; take that from them, or list digests (chimera token does)", "file", file)
	}
	s.listed.Store(listed)
	s.was = stamp{info}
	s.looked.Store(time.Now().UnixNano())
	return s, nil
}

func (s *source) read() (*list, error) {
	f, err := os.Open(s.file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return parse(s.file, f)
}

// role is that of a token. A file that has changed is read again at most a second later; at once for a token that was not known.
func (s *source) role(ctx context.Context, token string) (Role, bool) {
	if now := time.Now().UnixNano(); s.file != "" && now-s.looked.Load() >= int64(lookEvery) {
		s.look(ctx)
	}
	if role, known := s.find(token); known || s.file == "" {
		return role, known
	}
	s.look(ctx)
	return s.find(token)
}

func (s *source) find(token string) (Role, bool) {
	role, known := s.listed.Load().role(token)
	if fixed, also := s.fixed.role(token); also && !role.May(fixed) {
		return fixed, true
	} else if also {
		return role, true
	}
	return role, known
}

// look reads the file again if it has changed. One that is gone or wrong leaves valid what was: somebody may be writing it.
func (s *source) look(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.looked.Store(time.Now().UnixNano()) }()
	info, err := os.Stat(s.file)
	if err == nil && s.was.same(info) {
		return
	}
	var listed *list
	if err == nil {
		listed, err = s.read()
	}
	if err != nil {
		if s.fail != err.Error() {
			s.fail = err.Error()
			s.log.WarnContext(ctx, "the tokens cannot be read again; those that were valid still are", "error", err)
		}
		return
	}
	s.fail, s.was = "", stamp{info}
	s.listed.Store(listed)
	s.log.InfoContext(ctx, "the tokens were read again", "file", s.file, "tokens", len(listed.grants))
}
