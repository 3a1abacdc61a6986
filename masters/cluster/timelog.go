package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gochimera/chimera/internal/logs"
)

// TimeLog writes the latency of every call to a worker and of every successful
// request to the master, one line each, as the Python package does:
//
//	http://localhost:8081/v1/chimera/model/fit worker endpoint latency = 0.006 s
//
// That has no room for more, so a second file has the same calls as objects, with the worker's name and the
// fit that the call belongs to:
//
//	{"time":"2026-11-30T02:07:00.1Z","node":"worker","worker":"w1","path":"/v1/chimera/model/fit","run":"20261130T…","seconds":0.005871}
//
// A nil TimeLog writes nothing.
type TimeLog struct {
	mu    sync.Mutex
	lines io.WriteCloser
	calls io.WriteCloser
}

// timedCall is a line of the second file, which the command chimera times reads.
type timedCall struct {
	Time    time.Time `json:"time"` // of the answer
	Node    string    `json:"node"` // worker or master: who was asked
	Worker  string    `json:"worker,omitempty"`
	Path    string    `json:"path"`
	Run     string    `json:"run,omitempty"` // the ID of the fit; empty for a prediction and what else belongs to none
	Seconds float64   `json:"seconds"`
}

// OpenTimeLog opens a file for appending, and beside it the one of objects, whose name ends in .jsonl instead.
func OpenTimeLog(path string) (*TimeLog, error) {
	lines, err := appendTo(path)
	if err != nil {
		return nil, err
	}
	calls, err := appendTo(strings.TrimSuffix(path, filepath.Ext(path)) + ".jsonl")
	if err != nil {
		return nil, errors.Join(err, lines.Close())
	}
	return &TimeLog{lines: lines, calls: calls}, nil
}

func appendTo(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the time log: %w", err)
	}
	return f, nil
}

func (t *TimeLog) worker(ctx context.Context, m *Member, url string, took time.Duration) {
	path, _, _ := strings.Cut(strings.TrimPrefix(url, m.URL), "?")
	t.write(ctx, url, timedCall{Node: "worker", Worker: m.Name, Path: path}, took)
}

func (t *TimeLog) master(ctx context.Context, base, path string, took time.Duration) {
	t.write(ctx, base+path, timedCall{Node: "master", Path: path}, took)
}

func (t *TimeLog) write(ctx context.Context, url string, call timedCall, took time.Duration) {
	if t == nil {
		return
	}
	call.Run, _ = logs.Of(ctx)
	call.Time, call.Seconds = time.Now().UTC(), micros(took.Seconds())
	object, err := json.Marshal(call)
	t.mu.Lock()
	defer t.mu.Unlock()
	// a log that cannot be written (a full disk) must not stop the service
	_, _ = fmt.Fprintf(t.lines, "%s %s endpoint latency = %s s\n", url, call.Node, decimals(took))
	if err == nil {
		_, _ = t.calls.Write(append(object, '\n'))
	}
}

// decimals are seconds with at most four decimals, without trailing zeros.
func decimals(took time.Duration) string {
	seconds, _ := strconv.ParseFloat(strconv.FormatFloat(took.Seconds(), 'f', 4, 64), 64)
	text := strconv.FormatFloat(seconds, 'f', -1, 64)
	if seconds == float64(int64(seconds)) {
		text += ".0"
	}
	return text
}

// Close closes the files.
func (t *TimeLog) Close() error {
	if t == nil {
		return nil
	}
	return errors.Join(t.lines.Close(), t.calls.Close())
}
