package worker

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gochimera/chimera/api"
	"github.com/gochimera/chimera/distribute/pipeline"
	"github.com/gochimera/chimera/workers/node"
)

// checkNeighbours refuses a fit or a model whose neighbours are not workers of the project: a stage sends
// them activations, and rows that are predicted.
func (w *stage) checkNeighbours(ctx context.Context, head pipeline.BeginFrame) error {
	for _, peer := range []*pipeline.Peer{head.Previous, head.Next} {
		if peer == nil {
			continue
		}
		if err := w.checkNeighbour(ctx, peer); err != nil {
			return err
		}
	}
	return nil
}

func (w *stage) checkNeighbour(ctx context.Context, peer *pipeline.Peer) error {
	if w.Identity() != nil && w.Identity().Encrypted() && strings.HasPrefix(peer.URL, "https://") &&
		slices.ContainsFunc(w.Spec.Members, func(m node.Member) bool { return m.Name == peer.Worker && m.URL == "" }) {
		return nil // it has to show that it is that worker, wherever it is
	}
	if reason := stranger(*peer, w.Spec.Members, w.PeerHost(peer.Worker), reachedAt(ctx)); reason != "" {
		return api.Problemf(api.CodeInvalidRequest, "Worker %s cannot have the neighbour %s at %s: %s. "+
			"If it belongs to the project, run go generate and start worker %s anew: its main lists the project's workers.",
			w.Spec.Name, peer.Worker, peer.URL, reason, w.Spec.Name)
	}
	return nil
}

// nowhere is a neighbour of a model's part, without its URL.
func nowhere(peer *pipeline.Peer) *pipeline.Peer {
	if peer == nil {
		return nil
	}
	return &pipeline.Peer{Worker: peer.Worker}
}

// stranger says why a neighbour is not a worker of the project; it is empty if it is one. What is known of a worker
// depends on how it was started: its URL if it ran before; its host in a network that the launcher has made, which is its name in one of containers; or that
// it runs on the same machine, at the address at which the stage itself was reached.
func stranger(peer pipeline.Peer, members []node.Member, host string, here net.IP) string {
	u, err := url.Parse(peer.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "that is not a worker's URL, such as http://192.168.1.20:8081"
	}
	at := slices.IndexFunc(members, func(m node.Member) bool { return m.Name == peer.Worker })
	if at < 0 && members != nil {
		return "the project has no worker of that name"
	}
	if at >= 0 && members[at].URL != "" {
		if strings.TrimRight(members[at].URL, "/") != strings.TrimRight(peer.URL, "/") {
			return "the project has that worker at " + members[at].URL
		}
		return ""
	}
	ip := net.ParseIP(u.Hostname())
	switch {
	case at >= 0 && u.Hostname() == host:
		return ""
	case u.Hostname() == "localhost" && here.IsLoopback(), ip != nil && (ip.Equal(here) || ip.IsLoopback() && here.IsLoopback()):
		return ""
	}
	return fmt.Sprintf("it is not on this machine, which was reached at %s, and nobody says that it is the project's", here)
}

// reachedAt is the address of this machine at which a request has come.
func reachedAt(ctx context.Context) net.IP {
	if a, ok := ctx.Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return a.IP
	}
	return net.IPv6loopback // a call within the program
}
