package cluster

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"
)

// TimeLog writes the latency of every call to a worker and of every successful
// request to the master, one line each, as the Python package does:
//
//	http://localhost:8081/v1/chimera/model/fit worker endpoint latency = 0.006 s
//
// A nil TimeLog writes nothing.
type TimeLog struct {
	mu sync.Mutex
	w  io.WriteCloser
}

// OpenTimeLog opens a file for appending.
func OpenTimeLog(path string) (*TimeLog, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the time log: %w", err)
	}
	return &TimeLog{w: f}, nil
}

func (t *TimeLog) worker(url string, d time.Duration) { t.line(url, "worker", d) }

func (t *TimeLog) master(url string, d time.Duration) { t.line(url, "master", d) }

func (t *TimeLog) line(url, who string, d time.Duration) {
	if t == nil {
		return
	}
	// at most four decimals, without trailing zeros
	seconds, _ := strconv.ParseFloat(strconv.FormatFloat(d.Seconds(), 'f', 4, 64), 64)
	text := strconv.FormatFloat(seconds, 'f', -1, 64)
	if seconds == float64(int64(seconds)) {
		text += ".0"
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	// a log that cannot be written (a full disk) must not stop the service
	_, _ = fmt.Fprintf(t.w, "%s %s endpoint latency = %s s\n", url, who, text)
}

// Close closes the file.
func (t *TimeLog) Close() error {
	if t == nil {
		return nil
	}
	return t.w.Close()
}
