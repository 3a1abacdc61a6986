package config

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/gochimera/chimera/internal/setting"
)

// listOf reads a variable that is a list: of JSON, or a list or tuple of Python, as the Python package's own
// variables are.
func listOf[T string | json.Number](l *loader, variable, path, want string) ([]T, bool) {
	text, ok := l.variable(variable)
	if !ok {
		return nil, false
	}
	var list []T
	if err := json.Unmarshal([]byte(text), &list); err != nil || list == nil {
		if err := json.Unmarshal([]byte(jsonOf(text)), &list); err != nil || list == nil {
			l.bad[path] = true
			l.add(place{file: variable}, path, "want a JSON list of "+want+", got "+setting.Clip(text), "")
			return nil, false
		}
	}
	return list, true
}

var (
	pythonList = regexp.MustCompile(`^(?:\[(.*?),?\s*\]|\((.*?),?\s*\))$`)
	pythonItem = regexp.MustCompile(`^\s*(?:'([^'"\\,]*)'|"([^'"\\,]*)"|([0-9]+(?:_[0-9]+)*))\s*$`)
)

// jsonOf is a list or tuple of text and whole numbers as Python writes it, in JSON; empty if it is none.
func jsonOf(text string) string {
	m := pythonList.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	var items []string
	for item := range strings.SplitSeq(m[1]+m[2], ",") {
		parts := pythonItem.FindStringSubmatch(item)
		switch {
		case parts == nil:
			return ""
		case parts[3] != "":
			items = append(items, strings.ReplaceAll(parts[3], "_", ""))
		default:
			items = append(items, jsonString(parts[1]+parts[2]))
		}
	}
	return "[" + strings.Join(items, ",") + "]"
}

var pythonName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// mapped is what a worker is called that the Python package calls after a module, such as worker_1: here a
// name is a DNS label too.
func (l *loader) mapped(name string) string {
	safe := SafeName(name)
	if ValidName(name) || !pythonName.MatchString(name) || !ValidName(safe) {
		return name
	}
	l.notes = append(l.notes, fmt.Sprintf("%s: %s is called %s here, and so are its folders: a worker's name is that of a host", WorkersNodesNames, name, safe))
	return safe
}
