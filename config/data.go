package config

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/gochimera/chimera/internal/dataio"
	"github.com/gochimera/chimera/internal/setting"
)

// ColumnName names a column by its name or its position from 1; -1 is the last.
type ColumnName string

// ParamSchema names the type.
func (ColumnName) ParamSchema() (string, map[string]any) {
	return "name or position of a column", map[string]any{"type": []string{"string", "integer"}}
}

// UnmarshalText takes any text, and so numbers.
func (c *ColumnName) UnmarshalText(text []byte) error {
	*c = ColumnName(text)
	return nil
}

// Data is how the training files are written. What is not given is found out.
type Data struct {
	Delimiter Delimiter `yaml:"delimiter"`
	Header    Header    `yaml:"header" default:"auto"`
	Missing   Marks     `yaml:"missing"`
}

// Docs says what each setting is.
func (Data) Docs() map[string]string {
	return map[string]string{
		"delimiter": "what separates the cells of a CSV file; found out unless it is given",
		"header":    "whether the first line names the columns; auto recognises it, and refuses a file in doubt",
		"missing": "cells that stand for a missing value beside empty ones, in place of NA, N/A, NaN, null, ? and the like ([]: no others); neither case nor " +
			"blanks count",
	}
}

// delimiters are what a delimiter may be, in words.
const delimiters = "one character, or comma, semicolon, tab, pipe or blanks"

// Delimiter is one character, or the name of one.
type Delimiter string

// ParamSchema names the type.
func (Delimiter) ParamSchema() (string, map[string]any) {
	return delimiters, map[string]any{"type": "string"}
}

// UnmarshalText reads a delimiter.
func (d *Delimiter) UnmarshalText(text []byte) error {
	s := string(text)
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case s == "", (dataio.Options{Delimiter: s}).Check() != nil:
		return fmt.Errorf("want %s, got %s", delimiters, setting.Quote(s))
	case size == len(s) && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("+-.", r)):
		return fmt.Errorf("%s cannot separate cells: numbers and texts have it", setting.Quote(s))
	}
	*d = Delimiter(s)
	return nil
}

// Header says whether files begin with the names of their columns.
type Header string

// The headers.
const (
	HeaderAuto Header = "auto"
	HeaderYes  Header = "yes"
	HeaderNo   Header = "no"
)

// ParamSchema names the type: a word, or what YAML makes of one.
func (Header) ParamSchema() (string, map[string]any) {
	return "auto, yes or no", map[string]any{"enum": []any{HeaderAuto, HeaderYes, HeaderNo, true, false}}
}

// UnmarshalText reads one of the words, or a boolean.
func (h *Header) UnmarshalText(text []byte) error {
	switch s := string(text); strings.ToLower(s) {
	case "auto":
		*h = HeaderAuto
	case "yes", "true":
		*h = HeaderYes
	case "no", "false":
		*h = HeaderNo
	default:
		return fmt.Errorf("want auto, yes or no, got %s", setting.Quote(s))
	}
	return nil
}

// Marks are texts that may be written without quotes, whatever they look like: null is the text null.
type Marks []string

// ParamSchema names the type.
func (Marks) ParamSchema() (string, map[string]any) {
	return "list of texts", map[string]any{"type": "array", "items": map[string]any{"type": []string{"string", "number", "boolean", "null"}}}
}

// decodeNode reads a list of scalars as they are written.
func (m *Marks) decodeNode(d *decoder, path string, n ast.Node) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fail(path, "want a list of texts, got "+describe(n), `for example ["", NA, -999]`)
		return
	}
	*m = make(Marks, 0, len(list.Values))
	for i, item := range list.Values {
		item, ok := d.resolve(index(path, i), item)
		if !ok {
			continue
		}
		switch item.(type) {
		case *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode:
			d.places[index(path, i)] = d.placeOf(item)
			d.fail(index(path, i), "want text, got "+describe(item), "")
			continue
		}
		*m = append(*m, scalarOf(item).Text)
	}
}

// Reading is how the workers' training files are read.
func (c *Config) Reading() dataio.Options {
	o := dataio.Options{Target: strings.TrimSpace(string(c.Target)), Delimiter: string(c.Data.Delimiter), Missing: c.Data.Missing}
	if c.Data.Header != HeaderAuto {
		o.Header = string(c.Data.Header)
	}
	return o
}

// ReadingJSON is [Config.Reading] as it is written into the workers' mains: the JSON of what differs from the
// defaults, and "" for none.
func (c *Config) ReadingJSON() string {
	o := c.Reading()
	if o.Target == "" && o.Delimiter == "" && o.Header == "" && o.Missing == nil {
		return ""
	}
	text, _ := json.Marshal(o) // texts are always fine
	return string(text)
}
