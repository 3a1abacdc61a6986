package gobuild

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// oneIn is how many compiled packages make a line of progress.
const oneIn = 25

// longest is how long a line may be to be looked at; a longer one is kept unread.
const longest = 4 << 10

// output keeps the beginning of what the go command prints, and makes lines of
// progress of it. The names of compiled packages are progress only: an error
// shows the compiler's messages alone.
type output struct {
	progress func(string)
	begun    func(folder string) // of a main
	mains    []Main
	kept     bytes.Buffer
	part     []byte // the last line, as far as it has come
	packages int    // compiled so far
}

func (o *output) Write(p []byte) (int, error) {
	lines := bytes.SplitAfter(append(o.part, p...), []byte{'\n'})
	for _, line := range lines[:len(lines)-1] {
		o.line(line)
	}
	o.part = bytes.Clone(lines[len(lines)-1])
	if len(o.part) > longest {
		o.keep(o.part)
		o.part = nil
	}
	return len(p), nil
}

// line takes a whole line, with its end.
func (o *output) line(line []byte) {
	text := strings.TrimRight(string(line), "\r\n")
	if importPath.MatchString(text) {
		o.packages++
		o.begin(text)
		if o.packages%oneIn == 0 {
			o.report(fmt.Sprintf("%d packages compiled, the last is %s", o.packages, text))
		}
		return
	}
	if strings.HasPrefix(text, "go: ") { // the rest are compile errors, reported once, at the end
		o.report(text)
	}
	o.keep(line)
}

func (o *output) report(line string) {
	if o.progress != nil {
		o.progress(line)
	}
}

// begin tells of a main whose package is compiled. What the module is called is not known here, but which folder of it a main is in.
func (o *output) begin(importPath string) {
	if o.begun == nil {
		return
	}
	for _, m := range o.mains {
		if strings.HasSuffix(importPath, "/"+filepath.ToSlash(m.Folder)) {
			o.begun(m.Folder)
			return
		}
	}
}

func (o *output) keep(p []byte) { o.kept.Write(p[:min(len(p), maxOutput-o.kept.Len())]) }

// importPath is a line of go build -v: an import path and nothing else.
var importPath = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~/+-]*$`)

// String is what the go command printed, without the names of packages.
func (o *output) String() string {
	if len(o.part) > 0 {
		o.keep(o.part)
		o.part = nil
	}
	return strings.TrimRight(o.kept.String(), "\n")
}
