package workerlog

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gochimera/chimera/internal/handshake"
	"github.com/gochimera/chimera/internal/lines"
	"github.com/gochimera/chimera/internal/logs"
)

// stamp is the layout of the time before each line in a log file. Workers leave
// it to us, and the terminal needs none.
const stamp = "2006-01-02T15:04:05.000Z07:00 "

// Terminal is where the lines of all workers come together: each is written
// whole, with one Write, so that lines of two workers do not mix.
type Terminal struct {
	format logs.Format // of the lines here, and in the files
	mu     sync.Mutex
	w      io.Writer
}

// NewTerminal writes lines of a format to w; nil discards.
func NewTerminal(w io.Writer, format logs.Format) *Terminal {
	if w == nil {
		w = io.Discard
	}
	return &Terminal{w: w, format: format}
}

func (t *Terminal) line(name, line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// A terminal that has gone away must not end the workers.
	if t.format == logs.Text {
		line = name + " | " + line
	}
	_, _ = io.WriteString(t.w, line+"\n")
}

// Log is one worker's log. It is safe for use by several goroutines.
type Log struct {
	name     string
	terminal *Terminal
	warn     func(error)
	out, err lines.Tail

	mu   sync.Mutex
	file *os.File // nil: none is kept
}

// Open makes the log of the worker called name: its lines go to the terminal
// and, each after the time, to the end of dir/name.log (to no file if dir is
// empty). Lines of JSON have their time, and what else the worker prints becomes such a line where those are
// wanted. If the file cannot be opened, or written later, warn is told once, and
// the lines go to the terminal only: a worker does not need a folder that can be
// written.
func Open(name, dir string, terminal *Terminal, warn func(error)) *Log {
	l := &Log{name: name, terminal: terminal, warn: warn}
	if dir == "" {
		return l
	}
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		l.file, err = os.OpenFile(filepath.Join(dir, name+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	}
	if err != nil {
		l.file = nil
		warn(fmt.Errorf("log of worker %s goes to the terminal only: %w", name, err))
	}
	return l
}

// Out takes a line of the worker's standard output.
func (l *Log) Out(line string) {
	l.out.Add(words(line))
	l.write(line, l.terminal)
}

// Output takes what the worker writes to standard output. Two kinds of lines are for its launcher, and not for the log: its announcement,
// with its URL and what is wrong with it, and why it refuses its training data, of which the file gets the reason.
func (l *Log) Output(announced func(url string, err error), refused func(reason string)) *lines.Writer {
	return lines.New(func(line string) {
		if reason, is := handshake.ParseRefusal(line); is {
			l.Note(reason)
			refused(reason)
			return
		}
		if url, is, err := handshake.ParseAnnouncement(line); is {
			announced(url, err)
			return
		}
		l.Out(line)
	})
}

// Note takes a line that is for the file only, because the terminal gets it in another way.
func (l *Log) Note(line string) {
	l.err.Add(words(line))
	l.write(line, nil)
}

// Err takes a line of the worker's standard error.
func (l *Log) Err(line string) {
	l.err.Add(words(line))
	l.write(line, l.terminal)
}

// words are a line as people read it.
func words(line string) string {
	if _, text, ok := logs.Plain(line); ok {
		return text
	}
	return line
}

// LastWords is the end of what the worker wrote to standard error, where
// reasons belong, else of its standard output.
func (l *Log) LastWords() string {
	if words := l.err.String(); words != "" {
		return words
	}
	return l.out.String()
}

// Close closes the file; lines that come later go to the terminal only.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	file := l.file
	l.file = nil
	return file.Close()
}

// write puts a line on the terminal, unless that is nil, and into the file. Standard output and standard
// error come from two goroutines; their lines have the same order in both.
func (l *Log) write(line string, terminal *Terminal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	kept := now.Format(stamp) + line
	if l.terminal.format == logs.JSON {
		if !logs.IsObject(line) {
			line = logs.Wrapped(l.name, line, now)
		}
		kept = line // which has its time
	}
	if terminal != nil {
		terminal.line(l.name, line)
	}
	if l.file == nil {
		return
	}
	// One Write per line: with O_APPEND two launches of a project do not tear each other's lines.
	if _, err := l.file.WriteString(kept + "\n"); err != nil {
		l.warn(fmt.Errorf("log of worker %s is written no further: %w", l.name, err))
		_ = l.file.Close() // the write's error is the one that counts
		l.file = nil
	}
}
