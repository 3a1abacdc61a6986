package cli

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

// terminal is the other side of a pseudo-terminal: what a person sees of it, and types.
type terminal struct {
	master, slave *os.File // slave is what programs have

	mu    sync.Mutex
	more  *sync.Cond // on mu: more was printed, or nobody has the terminal any more
	text  []byte
	ended bool
}

// openTerminal opens a terminal of 80 columns.
func openTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("SKIPPED: there are no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	p := &terminal{master: master}
	p.more = sync.NewCond(&p.mu)
	var locked, number int32
	p.control(t, syscall.TIOCSPTLCK, unsafe.Pointer(&locked))
	p.control(t, syscall.TIOCGPTN, unsafe.Pointer(&number))
	p.resize(t, 80)
	if p.slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Skipf("SKIPPED: there are no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { _ = p.slave.Close() })
	go p.read()
	return p
}

// control asks something of the terminal's driver.
func (p *terminal) control(t *testing.T, request uintptr, about unsafe.Pointer) {
	t.Helper()
	raw, err := p.master.SyscallConn()
	if err == nil {
		var failed syscall.Errno
		err = raw.Control(func(fd uintptr) { _, _, failed = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(about)) })
		if err == nil && failed != 0 {
			err = failed
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// resize changes the width of the terminal, as its window would; it has 24 lines.
func (p *terminal) resize(t *testing.T, width uint16) {
	t.Helper()
	size := struct{ rows, columns, x, y uint16 }{rows: 24, columns: width}
	p.control(t, syscall.TIOCSWINSZ, unsafe.Pointer(&size))
}

// read collects what is printed, until no program has the terminal any more.
func (p *terminal) read() {
	block := make([]byte, 4096)
	for {
		n, err := p.master.Read(block)
		p.mu.Lock()
		p.text, p.ended = append(p.text, block[:n]...), err != nil
		p.more.Broadcast()
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// await waits until what was printed so far is as it is wanted. It must become so before all programs have ended.
func (p *terminal) await(t *testing.T, what string, is func(text string) bool) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for !is(string(p.text)) {
		if p.ended {
			t.Fatalf("%s was never seen:\n%q", what, p.text)
		}
		p.more.Wait()
	}
}

// all is everything that was printed, once no program has the terminal any more.
func (p *terminal) all() string {
	_ = p.slave.Close() // ours; a second Close only returns an error
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.ended {
		p.more.Wait()
	}
	return string(bytes.ReplaceAll(p.text, []byte("\r\n"), []byte("\n")))
}
