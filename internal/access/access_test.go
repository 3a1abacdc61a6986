package access

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gochimera/chimera/api"
)

const (
	anAdmin   = "an-admin-of-sixteen"
	aReader   = "a-reader-of-sixteen"
	aStranger = "a-stranger-of-sixteen"
)

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func TestLists(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		says       string // of the error; empty: there is none
	}{
		{"nothing", "", ""},
		{"comments and empty lines", "# those of us\n\n  \nadmin " + anAdmin + "\n", ""},
		{"a digest, a name, and no line's end", "predict " + hashOf(aReader) + " shop", ""},
		{"another role", "predict " + aReader + "\nroot " + anAdmin, "list:2: want the role predict or admin"},
		{"no token", "admin", "list:1: there is no token"},
		{"more than a name", "admin " + anAdmin + " a b", "list:1: there is more than"},
		{"a token that is just long enough", "admin sixteen-letters-", ""},
		{"a shorter token", "admin fifteen-letters", "list:1: the token has fewer than 16"},
		{"a long token", "admin " + strings.Repeat("x", 513), "list:1: the token has more than 512"},
		{"a digest of another length", "admin sha256:abcd", "list:1: what follows sha256:"},
		{"no digest", "admin sha256:" + strings.Repeat("x", 64), "list:1: what follows sha256:"},
		{"a letter beyond ASCII", "admin tökentökentökentöken", "list:1: the token has characters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse("list", strings.NewReader(tt.text))
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("error %v, want %q", err, tt.says)
			}
			if err == nil {
				return
			}
			for _, secret := range strings.Fields(tt.text)[1:] {
				if len(secret) > 8 && strings.Contains(err.Error(), secret) {
					t.Errorf("the error has what was in the list: %v", err)
				}
			}
		})
	}
}

// Whoever has a token of a list has its role, the greater one if it is there twice; nobody has another's.
func TestRolesOfTokens(t *testing.T) {
	l, err := parse("list", strings.NewReader("predict "+aReader+"\npredict "+anAdmin+"\nadmin "+hashOf(anAdmin)))
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]Role{
		aReader: Predict, anAdmin: Admin, aStranger: Open, "": Open, aReader[:16]: Open, aReader + "x": Open, hashOf(anAdmin): Open,
		strings.TrimPrefix(hashOf(anAdmin), hashed): Open,
	} {
		if role, known := l.role(token); role != want || known != (want != Open) {
			t.Errorf("%q has the role %q, %t; want %q", token, role, known, want)
		}
	}
	for _, tt := range []struct {
		is, need Role
		may      bool
	}{{Admin, Admin, true}, {Admin, Predict, true}, {Predict, Admin, false}, {Predict, Predict, true}, {Predict, Open, true}, {Open, Predict, false}} {
		if got := tt.is.May(tt.need); got != tt.may {
			t.Errorf("the role %q may do what needs %q: %t", tt.is, tt.need, got)
		}
	}
}

// request is one with headers Authorization.
func request(authorization ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/chimera/aggregation/fit", nil)
	r.Header["Authorization"] = authorization
	return r
}

func TestWhoIsAdmitted(t *testing.T) {
	var log bytes.Buffer
	g, err := NewGuard(Lists{Text: "admin " + anAdmin + "; predict " + hashOf(aReader), Variable: "TOKENS"}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		header []string
		need   Role
		code   api.Code
		says   string // in WWW-Authenticate
	}{
		{"an administrator", []string{"Bearer " + anAdmin}, Admin, "", ""},
		{"in other letters", []string{"bEARER   " + anAdmin}, Admin, "", ""},
		{"a reader", []string{"Bearer " + aReader}, Predict, "", ""},
		{"the project itself", []string{"Bearer " + g.Local()}, Admin, "", ""},
		{"nobody, where nobody is needed", nil, Open, "", ""},
		{"a stranger, where nobody is needed", []string{"Bearer " + aStranger}, Open, "", ""},
		{"a reader who changes something", []string{"Bearer " + aReader}, Admin, api.CodeForbidden, `error="insufficient_scope", scope="admin"`},
		{"nobody", nil, Predict, api.CodeUnauthenticated, `Bearer realm="chimera"`},
		{"an empty header", []string{""}, Predict, api.CodeUnauthenticated, `Bearer realm="chimera"`},
		{"a stranger", []string{"Bearer " + aStranger}, Predict, api.CodeUnauthenticated, `error="invalid_token"`},
		{"no token", []string{"Bearer "}, Predict, api.CodeUnauthenticated, `error="invalid_token"`},
		{"another scheme", []string{"Basic " + anAdmin}, Predict, api.CodeUnauthenticated, `Bearer realm="chimera"`},
		{"no scheme", []string{anAdmin}, Predict, api.CodeUnauthenticated, `Bearer realm="chimera"`},
		{"the digest in place of the token", []string{"Bearer " + hashOf(aReader)}, Predict, api.CodeUnauthenticated, `error="invalid_token"`},
		{"a right token and another", []string{"Bearer " + anAdmin, "Bearer " + aStranger}, Predict, api.CodeUnauthenticated, `error="invalid_token"`},
		{"two tokens in one", []string{"Bearer " + anAdmin + ", Bearer " + anAdmin}, Predict, api.CodeUnauthenticated, `error="invalid_token"`},
		{"a token with more behind it", []string{"Bearer " + anAdmin + " " + aReader}, Predict, api.CodeUnauthenticated, `error="invalid_token"`},
		{"one without end", []string{"Bearer " + strings.Repeat("x", 60<<10)}, Predict, api.CodeUnauthenticated, `error="invalid_token"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			header := http.Header{}
			p := g.Admit(header, request(tt.header...), tt.need)
			if (p == nil) != (tt.code == "") || p != nil && p.Code != tt.code {
				t.Fatalf("the problem is %v, want %q", p, tt.code)
			}
			if challenge := header.Get("WWW-Authenticate"); !strings.Contains(challenge, tt.says) || (p == nil) != (challenge == "") {
				t.Errorf("the challenge is %q, want %q", challenge, tt.says)
			}
			for _, secret := range []string{anAdmin, aReader, aStranger, g.Local()} {
				if p != nil && strings.Contains(p.Error()+p.Detail, secret) || strings.Contains(log.String(), secret) {
					t.Errorf("a token can be read in the problem %v or in the log %s", p, &log)
				}
			}
		})
	}
}

// However many are refused, the log has a line a minute of each kind, which says how many there were.
func TestRefusalsAreLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		g, err := NewGuard(Lists{Text: "predict " + aReader}, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			_ = g.Admit(http.Header{}, request(), Admin)
			_ = g.Admit(http.Header{}, request("Bearer "+aReader), Admin)
		}
		if lines := strings.Count(log.String(), "\n"); lines != 2 {
			t.Fatalf("%d lines:\n%.1000s", lines, log.String())
		}
		time.Sleep(time.Minute)
		log.Reset()
		_ = g.Admit(http.Header{}, request(), Admin)
		if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "requests=1000") || !strings.Contains(text, "unauthenticated") {
			t.Errorf("after a minute the log says %s", text)
		}
	})
}

// A list that changes is in force without a restart: what is added at once, what is gone within a second. While it is wrong or not there, what
// was valid is. New and old are valid as long as both are there.
func TestRotation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	put("admin " + anAdmin)
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		g, err := NewGuard(Lists{File: file}, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		may := func(token string) bool { return g.Admit(http.Header{}, request("Bearer "+token), Predict) == nil }
		if !may(anAdmin) || may(aReader) {
			t.Fatal("the list as it was is not in force")
		}
		put("admin " + anAdmin + "\npredict " + aReader)
		if !may(aReader) || !may(anAdmin) {
			t.Error("a token that was added is not valid, or the old one is not any more")
		}
		put("predict " + aReader)
		time.Sleep(lookEvery)
		if may(anAdmin) || !may(aReader) {
			t.Error("a token that was removed is valid a second later")
		}
		for _, wrong := range []string{"predict", "root " + anAdmin} {
			put(wrong)
			time.Sleep(lookEvery)
			if may(anAdmin) || !may(aReader) {
				t.Errorf("the list %q is in force, or the one before is not any more", wrong)
			}
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		log.Reset()
		for range 5 {
			time.Sleep(lookEvery)
			if !may(aReader) {
				t.Error("without the file, what was valid is not any more")
			}
		}
		if lines := strings.Count(log.String(), "those that were valid still are"); lines != 1 {
			t.Errorf("the file that is gone is in %d lines of the log:\n%s", lines, &log)
		}
		put("")
		time.Sleep(lookEvery)
		if may(aReader) || !may(g.Local()) {
			t.Error("an empty list lets somebody in, or not the project itself")
		}
	})
}

// What Add makes is valid, is 32 random bytes, and is not in the file, which only its owner can read.
func TestAdd(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(file, []byte("# ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for role, name := range map[Role]string{Admin: "", Predict: "shop"} {
		token, err := Add(file, role, name)
		if err != nil {
			t.Fatal(err)
		}
		if seen[token] || len(token) != len(prefix)+43 || !strings.HasPrefix(token, prefix) {
			t.Errorf("the token is %q", token)
		}
		seen[token] = true
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte(token)) || !bytes.HasPrefix(text, []byte("# ours\n")) {
			t.Errorf("the file is %s", text)
		}
		l, err := parse(file, bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := l.role(token); got != role {
			t.Errorf("the token has the role %q, want %q", got, role)
		}
	}
	if _, err := Add(file, Predict, "the shop"); err == nil {
		t.Error("a name with a space is taken, and nobody could read the line")
	}
	fresh := filepath.Join(t.TempDir(), "fresh")
	if _, err := Add(fresh, Admin, ""); err != nil {
		t.Fatal(err)
	}
	local := filepath.Join(t.TempDir(), "logs", "master.access")
	if err := (Local{Token: anAdmin}).Write(local); err != nil {
		t.Fatal(err)
	}
	if l, err := ReadLocal(local); err != nil || l.Token != anAdmin {
		t.Errorf("what was left for the project's programs is read as %+v, %v", l, err)
	}
	if runtime.GOOS == "windows" {
		return // modes say nothing there
	}
	for _, secret := range []string{fresh, local} {
		if info, err := os.Stat(secret); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, %v", secret, info.Mode(), err)
		}
	}
}

// FuzzLists: whatever is in a list, reading it ends, admits no more than its lines, and an error has none of a long word in it.
func FuzzLists(f *testing.F) {
	f.Add("admin "+anAdmin+"\n# x\npredict "+hashOf(aReader)+" shop", anAdmin)
	f.Add("admin", "")
	f.Fuzz(func(t *testing.T, text, token string) {
		l, err := parse("list", strings.NewReader(text))
		if err != nil {
			for _, word := range strings.Fields(text) {
				if len(word) > 40 && strings.Contains(err.Error(), word) {
					t.Errorf("the error has a word of the list: %v", err)
				}
			}
			return
		}
		if n := strings.Count(text, "\n") + 1; len(l.grants) > n {
			t.Errorf("%d grants of %d lines", len(l.grants), n)
		}
		if _, known := l.role(token); known && !strings.Contains(text, token) && !strings.Contains(strings.ToLower(text), hashOf(token)) {
			t.Errorf("%q is admitted by %q", token, text)
		}
	})
}
