package dataio

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The names of the training files in a worker's folder, as the Python package has them and as chimera split
// writes them.
const (
	FeaturesFile = "X_train.csv"
	TargetFile   = "y_train.csv"
)

// The names without an ending, which says how a file is written.
const (
	featuresName = "X_train"
	targetName   = "y_train"
	tableName    = "train"
)

// training are the files with the training data of a folder; target is empty if the features' file has it too.
type training struct{ features, target string }

// TrainingFiles are the files of a folder's training data, whether or not they are there; target is empty if the
// first file has it too. The error is an *Error.
func TrainingFiles(dir string, o Options) (features, target string, err error) {
	t, err := findTraining(dir, o)
	return t.features, t.target, err
}

// findTraining finds the training data of a folder.
func findTraining(dir string, o Options) (training, error) {
	all, err := named(dir, tableName)
	if err != nil {
		return training{}, err
	}
	x, errX := named(dir, featuresName)
	y, errY := named(dir, targetName)
	if err := errors.Join(errX, errY); err != nil {
		return training{}, err
	}
	whole := func(name string) string { return filepath.Join(dir, name) }
	switch {
	case o.Target != "" && all != "" && (x != "" || y != ""):
		return training{}, &Error{File: dir, Reason: fmt.Sprintf("the folder has %s, and %s too: remove what is not to be trained on", all, x+y)}
	case o.Target != "" && all != "":
		return training{features: whole(all)}, nil
	case all != "" && x == "" && y == "":
		return training{}, &Error{File: whole(all), Reason: "which column is the target? Set target: in chimera.yaml to its name or position"}
	}
	if x == "" {
		x = FeaturesFile
	}
	if y == "" {
		y = TargetFile
	}
	return training{features: whole(x), target: whole(y)}, nil
}

// named finds the file of a folder that has a name before its endings, or "". More than one is an error.
func named(dir, name string) (string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil // the file is missed, not the folder
	}
	if err != nil {
		return "", &Error{File: dir, Reason: "cannot read the folder", Err: err}
	}
	found := ""
	for _, e := range entries {
		ending, is := strings.CutPrefix(e.Name(), name+".")
		if !is || !isTable(ending) {
			continue
		}
		if found != "" {
			return "", &Error{File: dir, Reason: fmt.Sprintf("the folder has both %s and %s: remove the one that is not to be trained on", found, e.Name())}
		}
		found = e.Name()
	}
	return found, nil
}

// endings are those of files of a table, behind which the ending of a compression may stand.
var endings = []string{"csv", "tsv", "txt", "data", "jsonl", "ndjson", "parquet"}

// isTable reports whether a file with this ending holds a table.
func isTable(ending string) bool {
	ending = strings.ToLower(ending)
	for _, e := range endings {
		if ending == e || ending == e+".gz" || ending == e+".zst" {
			return true
		}
	}
	return false
}
