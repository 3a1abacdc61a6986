package gen

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gochimera/chimera/internal/dataio"
)

// begins says what files begin with that a worker reads only if it links a package for it, by the name of that.
var begins = map[string]string{"PAR1": "parquet", "\x28\xb5\x2f\xfd": "zstd"}

// formats are the packages that a worker needs to read the training files in its folder. A folder that cannot be
// read, or is not there yet, needs none: the worker says what is wrong with it.
func formats(dir string) []importSpec {
	var all []importSpec
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		name, _, _ := strings.Cut(e.Name(), ".")
		if !slices.Contains([]string{"train", "X_train", "y_train"}, name) || e.IsDir() {
			continue
		}
		if format, ok := begins[beginning(filepath.Join(dir, e.Name()))]; ok {
			all = append(all, importSpec{dataio.FormatsFolder + "/" + format, "its training files"})
		}
	}
	return merge(all)
}

// beginning is the first four bytes of a file; "" if there are none.
func beginning(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // only read
	b := make([]byte, 4)
	if _, err := io.ReadFull(f, b); err != nil {
		return ""
	}
	return string(b)
}
