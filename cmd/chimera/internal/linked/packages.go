package linked

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"

	"github.com/gochimera/chimera/config"
)

// Packages are the import paths of the packages that a project's chimera.yaml
// names, whatever else is wrong with it. There are none without a chimera.yaml.
func Packages(project string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(project, config.FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var file struct {
		Packages []string `yaml:"packages"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", config.FileName, err)
	}
	var imports []string
	for _, name := range file.Packages {
		path, err := config.ImportPath(project, name)
		if err != nil {
			return nil, fmt.Errorf("packages: %w", err)
		}
		imports = append(imports, path)
	}
	return imports, nil
}
