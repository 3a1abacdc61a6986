package scoreplots

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gochimera/chimera/internal/atomicfile"
)

// file is a file of the folder.
type file struct {
	name string
	fill func(io.Writer) error
}

// Write writes the pictures as SVG, and the numbers as scores.json, into a folder, which is made if it is not there. Each file is
// whole or not at all. It returns their names.
func (r *Report) Write(dir string) (names []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the folder for the plots: %w", err)
	}
	files := []file{{"scores.json", r.writeJSON}}
	switch {
	case r.Regression != nil:
		files = append(files, file{"predicted.svg", r.drawPredicted}, file{"residuals.svg", r.drawResiduals})
	default:
		files = append(files, file{"confusion_matrix.svg", r.drawConfusion})
		if len(r.Classes) > 0 {
			files = append(files, file{"roc.svg", r.drawROC}, file{"precision_recall.svg", r.drawPrecisionRecall}, file{"calibration.svg", r.drawCalibration})
		}
	}
	for _, one := range files {
		if err := writeFile(filepath.Join(dir, one.name), one.fill); err != nil {
			return names, fmt.Errorf("%s: %w", one.name, err)
		}
		names = append(names, one.name)
	}
	return names, nil
}

func writeFile(path string, fill func(io.Writer) error) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	if err := fill(f); err != nil {
		_ = f.Abort() // the first error is the one to report
		return err
	}
	return f.Commit()
}

func (r *Report) writeJSON(out io.Writer) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(r)
}
