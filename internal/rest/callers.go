package rest

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gochimera/chimera/api"
)

// callers decides who may call. It protects from pages of other sites in a browser that reaches the
// node; it does not know one program from another.
//
// Browsers say for whose page they send a request: a page of another site may neither change anything
// (http.CrossOriginProtection) nor, other than by a link that somebody follows, look at anything. And they say by
// which name they call, so a page whose own name was given the node's address is found out (DNS rebinding):
// a node answers to IP addresses, localhost, and names that it knows to be its own.
type callers struct {
	cross   *http.CrossOriginProtection
	names   []string        // in lower case
	machine func() []string // the machine's names; they may take a while to find out
}

func newCallers(names []string) *callers {
	c := &callers{cross: http.NewCrossOriginProtection(), machine: sync.OnceValue(machineNames)}
	for _, n := range names {
		c.names = append(c.names, strings.ToLower(strings.TrimSuffix(n, ".")))
	}
	return c
}

// refuse is the problem of a request that may not be made; nil if it may.
func (c *callers) refuse(r *http.Request) *api.Problem {
	if !c.knows(r.Host) {
		return api.Problemf(api.CodeUnknownHost, "This node does not answer to the name %q in the Host header. Call it by its IP address or as localhost, "+
			"or list the name under access.hosts in chimera.yaml (of a worker that you start yourself: in CHIMERA_WORKERS_ALLOWED_HOSTS, "+
			`as in ["%s"]).`, Shorten(hostname(r.Host)), Shorten(hostname(r.Host)))
	}
	if c.cross.Check(r) == nil && !looksAcross(r) {
		return nil
	}
	return api.Problemf(api.CodeCrossSite,
		"A page of another site (Origin %q, Sec-Fetch-Site %q) may not call this node at %q. Call from a program, or from a page of this node.",
		Shorten(r.Header.Get("Origin")), Shorten(r.Header.Get("Sec-Fetch-Site")), Shorten(r.Host))
}

// looksAcross reports whether another site's page only looks, but not by a link that
// somebody follows: it could not see the answer, but would make the node compute one.
func looksAcross(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	if site == "" { // a program, or an older browser, which says at least where a script is from
		origin := r.Header.Get("Origin")
		from, err := url.Parse(origin)
		return origin != "" && (err != nil || from.Host != r.Host)
	}
	return (site == "cross-site" || site == "same-site") && r.Header.Get("Sec-Fetch-Mode") != "navigate"
}

// knows reports whether a Host header may name this node. HTTP/1.0 has none, and no browser speaks it.
func (c *callers) knows(host string) bool {
	name := strings.ToLower(strings.TrimSuffix(hostname(host), "."))
	switch {
	case host == "", isAddress(name), name == "localhost", strings.HasSuffix(name, ".localhost"):
		return true
	}
	return slices.Contains(c.names, name) || slices.Contains(c.machine(), name)
}

// hostname is a Host header without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

func isAddress(name string) bool {
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	name, _, _ = strings.Cut(name, "%") // a zone
	return net.ParseIP(name) != nil
}

// lookUpAtMost bounds the question to the machine's resolver.
const lookUpAtMost = time.Second

// machineNames are the names that this machine has for itself, in lower case: its host name, that name with its
// domain, and its name on the local network (RFC 6762). The caller has no say in any of them.
func machineNames() []string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return nil // it has no name
	}
	short, _, _ := strings.Cut(name, ".")
	names := []string{name, short, short + ".local"}
	ctx, cancel := context.WithTimeout(context.Background(), lookUpAtMost)
	defer cancel()
	if full, err := net.DefaultResolver.LookupCNAME(ctx, name); err == nil { // without a resolver it has no other name
		names = append(names, strings.TrimSuffix(full, "."))
	}
	for i := range names {
		names[i] = strings.ToLower(names[i])
	}
	return names
}
