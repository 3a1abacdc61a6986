package lifeline

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// isGoCommand reports whether a process is go run or go tool, by what the system says of it.
func isGoCommand(pid int) bool {
	executable, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return false
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return false
	}
	return filepath.Base(executable) == "go" && runsPrograms(strings.Split(string(bytes.TrimRight(line, "\x00")), "\x00"))
}

// runsPrograms reports whether the arguments of a go command, with its name, are those of go run or go tool.
func runsPrograms(args []string) bool {
	args = args[min(len(args), 1):]
	if len(args) > 1 && (args[0] == "-C" || args[0] == "--C") { // a folder to change to; the only flag that may come first
		args = args[2:]
	}
	return len(args) > 0 && (args[0] == "run" || args[0] == "tool")
}
