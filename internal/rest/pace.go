package rest

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxPaced is how many addresses are remembered, those that called last. One that is forgotten may call as one that never has.
const maxPaced = 4096

// pace bounds how many requests an address may send in a second: it has a bucket of tokens, of which each request takes one, and
// which fills up again at the rate.
type pace struct {
	rate  rate.Limit
	burst int
	local bool // callers on the machine are limited too

	mu     sync.Mutex
	known  map[netip.Addr]*list.Element // of paced
	recent list.List                    // of *paced, the one that called last first
}

// paced is an address that calls.
type paced struct {
	address netip.Addr
	bucket  *rate.Limiter
}

func newPace(perSecond float64, burst int, local bool) *pace {
	return &pace{rate: rate.Limit(perSecond), burst: max(burst, 1), local: local, known: map[netip.Addr]*list.Element{}}
}

// wait is how long the sender of a request has to wait before it may send another; 0 if this one may be answered.
func (p *pace) wait(remote string) time.Duration {
	address := sender(remote)
	if address.IsLoopback() && !p.local {
		return 0
	}
	now := time.Now()
	taken := p.bucket(address).ReserveN(now, 1)
	wait := taken.DelayFrom(now)
	if wait > 0 {
		taken.CancelAt(now) // it is not answered
	}
	return wait
}

// sender is the address that stands for who sent a request. A host with IPv6 has as many addresses as it likes of a network
// of 64 bits, so its network stands for it. All whose address is not known are one sender.
func sender(remote string) netip.Addr {
	from, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	address := from.Addr().Unmap().WithZone("")
	if address.Is4() || address.IsLoopback() {
		return address
	}
	network, err := address.Prefix(64)
	if err != nil { // it has more bits than that
		return address
	}
	return network.Masked().Addr()
}

// bucket is an address's.
func (p *pace) bucket(address netip.Addr) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.known[address]; e != nil {
		p.recent.MoveToFront(e)
		return e.Value.(*paced).bucket
	}
	if p.recent.Len() >= maxPaced {
		oldest := p.recent.Back()
		delete(p.known, p.recent.Remove(oldest).(*paced).address)
	}
	c := &paced{address, rate.NewLimiter(p.rate, p.burst)}
	p.known[address] = p.recent.PushFront(c)
	return c.bucket
}
