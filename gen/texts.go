package gen

import "github.com/gochimera/chimera/config"

// Texts returns the files that Generate would write, by path from the project
// folder, with slashes. Nothing is written or looked at.
func Texts(cfg *config.Config) (map[string][]byte, error) {
	files, err := render(cfg)
	if err != nil {
		return nil, err
	}
	texts := make(map[string][]byte, len(files))
	for _, f := range files {
		texts[f.path] = f.text
	}
	return texts, nil
}
