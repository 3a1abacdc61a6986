package rows

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gochimera/chimera/learner"
)

// Write writes rows as the training files of a worker, without loss of precision.
func Write(dir string, d learner.Dataset) error {
	var x, y []byte
	for j, name := range d.Features {
		if j > 0 {
			x = append(x, ',')
		}
		x = append(x, name...)
	}
	x, y = append(x, '\n'), append(y, "y\n"...)
	for i, target := range d.Y {
		for j, v := range d.X.RawRowView(i) {
			if j > 0 {
				x = append(x, ',')
			}
			x = strconv.AppendFloat(x, v, 'g', -1, 64)
		}
		x = append(x, '\n')
		if d.Classes != nil {
			y = append(append(y, d.Classes[int(target)]...), '\n')
			continue
		}
		y = append(strconv.AppendFloat(y, target, 'g', -1, 64), '\n')
	}
	return errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "X_train.csv"), x, 0o600),
		os.WriteFile(filepath.Join(dir, "y_train.csv"), y, 0o600))
}

// Labels are the targets as a client sends them to be compared with predictions.
func Labels(d learner.Dataset) []learner.Label {
	labels := make([]learner.Label, d.Len())
	for i, y := range d.Y {
		if d.Classes != nil {
			labels[i] = d.Classes[int(y)]
			continue
		}
		labels[i] = learner.NumberLabel(y)
	}
	return labels
}
