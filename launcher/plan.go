package launcher

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// need is what a launcher must know of every worker.
type need int

const (
	needMain    need = iota // folders to build and read from, addresses to listen on
	needAddress             // folders to read from, addresses to listen on
	needURL                 // where it runs
)

const loopback = "127.0.0.1"

var nameRule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`)

// checked is the plan with defaults filled in and folders absolute, or a
// *PlanError that lists everything wrong with it.
func (p Plan) checked(n need) (Plan, error) {
	var bad problems
	if len(p.Workers) == 0 {
		bad.add("there are no workers")
	}
	dir, err := filepath.Abs(p.Dir)
	if err != nil {
		bad.add("project folder %q: %v", p.Dir, err)
	}
	p.Dir = dir
	if p.LogDir != "" {
		p.LogDir = absolute(p.Dir, p.LogDir)
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	p.ReadyTimeout = cmp.Or(p.ReadyTimeout, DefaultReadyTimeout)
	p.StopGrace = cmp.Or(p.StopGrace, DefaultStopGrace)
	if !validRestart(p.Restart) {
		bad.add("restart %q: want no, on-failure or always", p.Restart)
	}
	if p.ReadyTimeout < 0 || p.StopGrace < 0 {
		bad.add("ready timeout %v and stop grace %v: want neither negative", p.ReadyTimeout, p.StopGrace)
	}

	p.Workers = slices.Clone(p.Workers)
	taken := map[string]string{} // name, address, executable or URL to the worker that has it
	for i := range p.Workers {
		w := &p.Workers[i]
		if !nameRule.MatchString(w.Name) {
			bad.add("%q is not a worker's name: want letters, digits, '.', '_' and '-', at most 63, the first a letter or digit", w.Name)
			continue
		}
		if other, ok := taken["name "+strings.ToLower(w.Name)]; ok {
			bad.add("workers %s and %s have the same name; names must differ by more than case", other, w.Name)
		}
		taken["name "+strings.ToLower(w.Name)] = w.Name
		if n == needURL {
			w.checkURL(&bad, taken)
			continue
		}
		if n == needMain {
			w.checkMain(p.Dir, &bad, taken)
		}
		w.checkAddress(&bad, taken)
		w.checkFolders(p.Dir, &bad)
	}
	if len(bad) > 0 {
		return Plan{}, &PlanError{Problems: bad}
	}
	return p, nil
}

// Checked is for launchers in packages of their own that run generated mains:
// the plan with its defaults filled in, its folders absolute, a Log that is
// not nil and an Observe that is not nil and is called by one goroutine at a
// time; or a *PlanError that lists everything wrong with it.
func (p Plan) Checked() (Plan, error) {
	p, err := p.checked(needMain)
	if err != nil {
		return Plan{}, err
	}
	p.Observe = (&observer{f: p.Observe}).emit
	return p, nil
}

// Scheme is that of the workers' URLs: http, unless their Identity has another.
func (p Plan) Scheme() string {
	if p.Identity == nil {
		return "http"
	}
	return p.Identity.Scheme()
}

type problems []string

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

func (w *Worker) checkURL(bad *problems, taken map[string]string) {
	if w.URL == "" {
		bad.add("worker %s has no url: give the address it runs at, as in http://192.168.1.20:8081", w.Name)
		return
	}
	u, err := parseURL(w.URL)
	if err != nil {
		bad.add("worker %s: url %q: %v", w.Name, w.URL, err)
		return
	}
	w.URL = u
	if other, ok := taken[u]; ok {
		bad.add("workers %s and %s have the same url %s", other, w.Name, u)
	}
	taken[u] = w.Name
}

// parseURL checks a worker's base URL and takes the slash from its end.
func parseURL(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", err
	case u.Scheme != "http" && u.Scheme != "https":
		return "", errors.New("want http:// or https:// before the host, as in http://192.168.1.20:8081")
	case u.Hostname() == "":
		return "", errors.New("there is no host")
	case u.User != nil:
		return "", errors.New("a user name or password is not supported")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("want no '?' and no '#'")
	case strings.Contains(u.Path, "/v1/chimera"):
		return "", errors.New("want the address only, without /v1/chimera")
	}
	if strings.HasSuffix(u.Host, ":") {
		return "", errors.New("there is no port after ':'")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || !validPort(n) || n == 0 {
			return "", fmt.Errorf("%s is not a port: want 1 to 65535", port)
		}
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if path != "" && (part == "" || part == "." || part == "..") {
			return "", errors.New("want a path without empty parts and dots")
		}
	}
	return u.Scheme + "://" + u.Host + path, nil
}

func (w *Worker) checkAddress(bad *problems, taken map[string]string) {
	w.Host = cmp.Or(w.Host, loopback)
	if !validPort(w.Port) {
		bad.add("worker %s: %d is not a port: want 1 to 65535, or 0 for any free one", w.Name, w.Port)
		return
	}
	if w.Port == 0 {
		return
	}
	address := net.JoinHostPort(w.Host, strconv.Itoa(w.Port))
	if other, ok := taken[address]; ok {
		bad.add("workers %s and %s have the same port %d", other, w.Name, w.Port)
	}
	taken[address] = w.Name
}

func validPort(n int) bool { return 0 <= n && n <= 65535 }

// checkMain wants the generated main to be there, and the name that the go
// command makes of it to be its own. Workers may share one main.
func (w *Worker) checkMain(dir string, bad *problems, taken map[string]string) {
	w.Main = filepath.Clean(filepath.FromSlash(w.Main))
	if !filepath.IsLocal(w.Main) || w.Main == "." {
		bad.add("worker %s: main package %q is not a folder within the project", w.Name, w.Main)
		return
	}
	if info, err := os.Stat(filepath.Join(dir, w.Main)); err != nil || !info.IsDir() {
		bad.add("worker %s has no main package: there is no folder %s in %s; run `go generate`", w.Name, w.Main, dir)
		return
	}
	executable := "executable " + strings.ToLower(filepath.Base(w.Main))
	if other, ok := taken[executable]; ok && other != w.Main {
		bad.add("the main packages %s and %s have the same last name", other, w.Main)
	}
	taken[executable] = w.Main
}

func (w *Worker) checkFolders(dir string, bad *problems) {
	for _, e := range w.Env {
		if key, _, ok := strings.Cut(e, "="); !ok || key == "" || strings.ContainsRune(e, 0) {
			bad.add("worker %s: environment %q: want KEY=value", w.Name, e)
		}
	}
	if w.Data == "" {
		return
	}
	w.Data = absolute(dir, w.Data)
	if info, err := os.Stat(w.Data); err != nil {
		bad.add("worker %s: training data: %v", w.Name, err)
	} else if !info.IsDir() {
		bad.add("worker %s: training data: %s is not a folder", w.Name, w.Data)
	}
}

func absolute(dir, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
