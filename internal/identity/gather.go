package identity

import (
	"net"
	"sync"
)

// atOnce is how much is sent with one system call. TLS has records of 16 KiB, and crypto/tls one call for each.
const atOnce = 64 << 10

// gathered is what is below a secured connection: records that belong together are sent together.
type gathered struct {
	net.Conn

	mu       sync.Mutex // also answers to what the other side asks for are written, by whoever reads
	together bool
	records  []byte
}

// Write sends a record, or keeps it until there are enough.
func (g *gathered) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.together {
		return g.Conn.Write(b)
	}
	if len(g.records)+len(b) > atOnce {
		if err := g.send(); err != nil {
			return 0, err
		}
	}
	g.records = append(g.records, b...)
	return len(b), nil
}

// begin has records kept.
func (g *gathered) begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.together = true
}

// end sends what was kept.
func (g *gathered) end() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.together = false
	return g.send()
}

func (g *gathered) send() error {
	if len(g.records) == 0 {
		return nil
	}
	_, err := g.Conn.Write(g.records)
	g.records = g.records[:0]
	return err
}
