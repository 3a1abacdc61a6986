package exported

import (
	"fmt"
	"io"
	"strings"

	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/export/onnx"
	"github.com/gochimera/chimera/export/xgboost"
)

// Format is how another program reads a model.
type Format struct {
	Name      string
	Extension string // by which the program knows its files
	Write     func(w io.Writer, m *export.Model, prepared bool) error
}

// Formats are all there are.
func Formats() []Format {
	return []Format{
		{"xgboost", ".json", func(w io.Writer, m *export.Model, prepared bool) error {
			return xgboost.Write(w, m, xgboost.Options{Prepared: prepared})
		}},
		{"onnx", ".onnx", func(w io.Writer, m *export.Model, prepared bool) error {
			return onnx.Write(w, m, onnx.Options{Prepared: prepared})
		}},
	}
}

// FormatNames are their names.
func FormatNames() (names []string) {
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return names
}

// FormatOf is the format of that name.
func FormatOf(name string) (Format, error) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
	}
	return Format{}, fmt.Errorf("want %s, got %q", strings.Join(FormatNames(), " or "), name)
}
