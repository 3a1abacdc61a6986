package docker

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
)

// The workers' network unless the plan says otherwise: the first range that is
// tried, the last, and the length of its mask.
var (
	firstPrefix = netip.MustParseAddr("192.168.10.0")
	lastPrefix  = netip.MustParseAddr("192.168.255.255")
)

const defaultBits = 24

// Interfaces whose names begin so are the engine's own networks, which it lists
// itself.
var bridges = [...]string{"docker", "br-", "veth"}

// subnet is the plan's range of addresses; not valid if the plan leaves it open.
func (l *launch) subnet() (netip.Prefix, error) {
	if l.Network.Prefix == "" {
		return netip.Prefix{}, nil
	}
	subnet, err := netip.ParsePrefix(fmt.Sprintf("%s.0/%d", l.Network.Prefix, l.Network.Bits))
	if err != nil || subnet.Masked() != subnet || !subnet.Addr().Is4() {
		return netip.Prefix{}, fmt.Errorf("%s.0/%d is not a network", l.Network.Prefix, l.Network.Bits)
	}
	return subnet, nil
}

// roomFor is how many workers a network has addresses for, not counting those of
// the network itself, the gateway and broadcasts.
func roomFor(bits int) int { return 1<<(32-bits) - 3 }

// nth is the address that is n after the first of a range.
func nth(subnet netip.Prefix, n int) netip.Addr {
	b := subnet.Addr().As4()
	binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(b[:])+uint32(n))
	return netip.AddrFrom4(b)
}

// used is a range of addresses that something has.
type used struct {
	netip.Prefix
	by string
}

// usedRanges are those of the engine's networks and, if the engine is here, of
// this machine's interfaces: a bridge over the range of one would cut it off.
func (e *Engine) usedRanges(ctx context.Context) ([]used, error) {
	list, err := e.api.NetworkList(ctx, network.ListOptions{})
	if err != nil {
		return nil, e.explain(err)
	}
	var ranges []used
	for _, n := range list {
		for _, c := range n.IPAM.Config {
			if p, err := netip.ParsePrefix(c.Subnet); err == nil {
				ranges = append(ranges, used{p, "the engine's network " + n.Name})
			}
		}
	}
	if e.remote() != "" {
		return ranges, nil
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return ranges, nil //nolint:nilerr // without the list the engine's own check remains
	}
	for _, i := range interfaces {
		if isBridge(i.Name) {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
				ranges = append(ranges, used{p.Masked(), "this machine's interface " + i.Name})
			}
		}
	}
	return ranges, nil
}

func isBridge(name string) bool {
	for _, b := range bridges {
		if len(name) >= len(b) && name[:len(b)] == b {
			return true
		}
	}
	return false
}

// makeNetwork makes the workers' network, with the plan's range or the next
// that is free.
func (l *launch) makeNetwork(ctx context.Context) error {
	taken, err := l.engine.usedRanges(ctx)
	if err != nil {
		return err
	}
	wanted, err := l.subnet()
	if err != nil {
		return err
	}
	if wanted.IsValid() {
		if by := overlap(wanted, taken); by != "" {
			return &SubnetError{Subnet: wanted.String(), By: by}
		}
		err := l.createNetwork(ctx, wanted)
		if err != nil && overlaps(err) {
			return &SubnetError{Subnet: wanted.String(), Err: err}
		}
		return err
	}
	for {
		free, ok := nextFree(l.Network.Bits, taken)
		if !ok {
			return &SubnetError{}
		}
		err := l.createNetwork(ctx, free)
		if err == nil || !overlaps(err) {
			return err
		}
		taken = append(taken, used{free, ""}) // another launch was faster
	}
}

func overlap(p netip.Prefix, taken []used) string {
	for _, u := range taken {
		if p.Overlaps(u.Prefix) {
			return u.by
		}
	}
	return ""
}

// nextFree is the first range from firstPrefix on that overlaps with none.
func nextFree(bits int, taken []used) (netip.Prefix, bool) {
	for p := netip.PrefixFrom(firstPrefix, bits).Masked(); p.Addr().Compare(lastPrefix) < 0; p = netip.PrefixFrom(nth(p, 1<<(32-bits)), bits) {
		free := true
		for _, u := range taken {
			free = free && !p.Overlaps(u.Prefix)
		}
		if free {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// createNetwork makes a bridge with the gateway at .1.
func (l *launch) createNetwork(ctx context.Context, subnet netip.Prefix) error {
	ctx, cancel := toItsEnd(ctx)
	defer cancel()
	made, err := l.engine.api.NetworkCreate(ctx, l.Network.Name, network.CreateOptions{
		Driver: "bridge", Labels: l.labels("", true),
		IPAM: &network.IPAM{Config: []network.IPAMConfig{{Subnet: subnet.String(), Gateway: nth(subnet, 1).String()}}},
	})
	switch {
	case err == nil:
		l.networkID, l.addresses = made.ID, subnet
		return nil
	case errdefs.IsConflict(err):
		taken := &TakenError{Kind: "network", Name: l.Network.Name}
		if has, err := l.engine.api.NetworkInspect(ctx, l.Network.Name, network.InspectOptions{}); err == nil {
			taken.Project = has.Labels[LabelProject]
			taken.Same = taken.Project == l.Project
		}
		return taken
	default:
		return fmt.Errorf("making the network %s: %w", l.Network.Name, l.engine.explain(err))
	}
}

// checkNetwork fills in what the plan leaves open, and says what is wrong with
// the rest.
func (l *launch) checkNetwork() []string {
	n := &l.Network
	n.Name = cmp.Or(n.Name, l.Project+"-network")
	n.Bits = cmp.Or(n.Bits, defaultBits)
	n.Port = cmp.Or(n.Port, defaultPort)
	var bad []string
	if n.Bits < 8 || n.Bits > 29 {
		return append(bad, fmt.Sprintf("network: a mask of %d bits: want 8 to 29", n.Bits))
	}
	if n.Port < 0 || n.Port > 65535 {
		bad = append(bad, fmt.Sprintf("network: %d is not a port: want 1 to 65535", n.Port))
	}
	if _, err := l.subnet(); err != nil {
		bad = append(bad, "network: "+err.Error())
	}
	if room := roomFor(n.Bits); len(l.Workers) > room {
		bad = append(bad, fmt.Sprintf("network: a mask of %d bits leaves addresses for %d workers, and there are %d", n.Bits, room, len(l.Workers)))
	}
	return bad
}
